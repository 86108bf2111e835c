import assert from "node:assert/strict";
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { writeFirst, writeSoon, writeWhole } from "./write-whole.ts";

const folder = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-write-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
};

for (const write of [writeWhole, writeSoon]) {
  test(`${write.name} replaces a file and leaves nothing beside it`, (t) => {
    const file = join(folder(t), "a");
    write(file, "one", 0o600);
    write(file, "two", 0o600);
    assert.deepEqual([readFileSync(file, "utf8"), statSync(file).mode & 0o777], ["two", 0o600]);
    assert.deepEqual(readdirSync(join(file, "..")), ["a"]);
    assert.throws(() => write(join(file, "b"), "x", 0o600), /ENOTDIR/);
  });
}

test("the first to write a file is told so, and keeps it", (t) => {
  const file = join(folder(t), "a");
  assert.deepEqual([writeFirst(file, "one", 0o600), writeFirst(file, "two", 0o600)], [true, false]);
  assert.equal(readFileSync(file, "utf8"), "one");
  assert.deepEqual(readdirSync(join(file, "..")), ["a"]);
});

test("so is the first on a file system without second names", (t) => {
  t.mock.method(fs, "linkSync", () => {
    throw Object.assign(new Error("operation not permitted"), { code: "EPERM" });
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const file = join(folder(t), "a");
  assert.deepEqual([writeFirst(file, "one", 0o600), writeFirst(file, "two", 0o600)], [true, false]);
  assert.deepEqual([readFileSync(file, "utf8"), statSync(file).mode & 0o777], ["one", 0o600]);
  assert.deepEqual(readdirSync(join(file, "..")), ["a"]);
});
