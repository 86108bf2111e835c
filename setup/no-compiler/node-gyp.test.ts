import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { root } from "../build/dist.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-no-compiler-"));
  mkdirSync(join(folder, "prebuilds"));
  writeFileSync(
    join(folder, "own.js"),
    'console.log("own", process.argv.slice(2).join()); process.exitCode = 7;',
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As npm runs it: in the package's folder, with the path of its own node-gyp. */
const rebuild = () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, "node-gyp.js"), "rebuild"],
    { cwd: folder, encoding: "utf8", env: { npm_config_node_gyp: join(folder, "own.js") } },
  );
  return { status, said: stdout + stderr };
};

test("a package that brings what this machine needs is not compiled", () => {
  writeFileSync(join(folder, "prebuilds", `${process.platform}-${process.arch}.node`), "");
  assert.deepEqual(rebuild(), { status: 0, said: "" });
});

test("any other package is left to npm's own node-gyp, which ends it", () => {
  writeFileSync(join(folder, "prebuilds/plan9-mips.node"), "");
  assert.deepEqual(rebuild(), { status: 7, said: "own rebuild\n" });
  rmSync(join(folder, "prebuilds"), { recursive: true });
  assert.deepEqual(rebuild(), { status: 7, said: "own rebuild\n" });
});

test("nothing was compiled when the packages of this checkout were installed", () => {
  assert.equal(existsSync(join(root, "node_modules/better-sqlite3/prebuilds")), true);
  assert.equal(existsSync(join(root, "node_modules/better-sqlite3/build")), false);
});
