import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "./temporary-folder.ts";

test("what a killed process has left goes with the next one, and what others use stays", (t) => {
  const parent = mkdtempSync(join(tmpdir(), "turnpike-temporary-"));
  t.after(() => rmSync(parent, { recursive: true }));
  const program = `
    import { writeFileSync } from "node:fs";
    import { makeTemporaryFolder } from ${JSON.stringify(new URL("./temporary-folder.ts", import.meta.url).href)};
    writeFileSync(makeTemporaryFolder("export", ${JSON.stringify(parent)}) + "/rows", "visitors");
    process.kill(process.pid, "SIGKILL");`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program]);
  assert.equal(signal, "SIGKILL");
  const [left = ""] = readdirSync(parent);
  assert.match(left, /^turnpike-export-\d+-\d+-/);

  const others = ["turnpike-exporter", "something-else"];
  for (const name of others) mkdirSync(join(parent, name));
  const spill = makeTemporaryFolder("spill", parent);
  const first = makeTemporaryFolder("export", parent);
  const second = makeTemporaryFolder("export", parent);
  assert.ok(!existsSync(join(parent, left)));
  assert.deepEqual(
    readdirSync(parent).sort(),
    [...others, ...[spill, first, second].map((folder) => basename(folder))].sort(),
  );
  assert.equal(statSync(first).mode & 0o777, 0o700);
});
