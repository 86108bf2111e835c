import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const isLinux = process.platform === "linux";

test("all threads of a process that goes last have the lowest priority", { skip: !isLinux }, () => {
  const module = new URL("./go-last.ts", import.meta.url).href;
  const script = `
    import { readdirSync } from "node:fs";
    import { getPriority } from "node:os";
    import { goLast } from ${JSON.stringify(module)};
    goLast();
    console.log(JSON.stringify(readdirSync("/proc/self/task").map((thread) => getPriority(Number(thread)))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  const priorities = JSON.parse(stdout || "[]") as number[];
  assert.ok(priorities.length > 1, stderr);
  assert.deepEqual([...new Set(priorities)], [19]);
});
