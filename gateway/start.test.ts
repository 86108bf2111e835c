import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

/** What a process has loaded once it could start a gateway, as a list of lines. */
const loadedByStart = (): readonly string[] => {
  const start = JSON.stringify(new URL("start.ts", import.meta.url).href);
  const tell = `await import(${start});
    const { createRequire } = await import("node:module");
    const own = Object.keys(createRequire(${start}).cache);
    console.log([...process.moduleLoadList, ...own].join("\\n"));`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", tell], { encoding: "utf8" }).split(
    "\n",
  );
};

test("a start loads nothing that it does not need", () => {
  const loaded = loadedByStart();
  assert.ok(loaded.some((line) => line.includes("better-sqlite3"))); // so that the list is one of files
  const heavy =
    /deps\/undici|node_modules\/(?:acme-client|@redis|@duckdb|esbuild|prom-client|pino|maxmind)\/|RateLimiterRedis/;
  assert.deepEqual(
    loaded.filter((line) => heavy.test(line)),
    [],
  );
});
