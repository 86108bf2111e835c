import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "./make-folder.ts";

test("a folder is made with those above it, and one that is there is no mistake", (t) => {
  const root = mkdtempSync(join(tmpdir(), "turnpike-folder-"));
  t.after(() => rmSync(root, { recursive: true }));
  const deep = join(root, "a", "b", "c");
  makeFolder(deep, 0o700);
  makeFolder(deep, 0o700);
  assert.equal(statSync(join(root, "a")).mode & 0o777, 0o700);
  makeFolder(root);
  writeFileSync(join(root, "file"), "");
  for (const path of ["file", "file/below"]) {
    assert.throws(() => makeFolder(join(root, path)), /EEXIST|ENOTDIR/);
  }
});

test("a place that takes no folders says so", { skip: !existsSync("/proc/self") }, () => {
  for (const path of ["/proc/nope", "/proc/nope/data"])
    assert.throws(() => makeFolder(path), /ENOENT|EACCES|EPERM/);
});
