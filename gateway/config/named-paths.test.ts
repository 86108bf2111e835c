import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { whyNoFile, whyNoFolder } from "./named-paths.ts";

const folder = mkdtempSync(join(tmpdir(), "turnpike-paths-"));
const file = join(folder, "a.pem");
writeFileSync(file, "");
after(() => rmSync(folder, { recursive: true }));

test("a path that leads where it should is right", () => {
  assert.equal(whyNoFile(file), null);
  assert.equal(whyNoFolder(folder), null);
});

test("one that leads nowhere, or to something else, is told as that", () => {
  assert.equal(whyNoFile(join(folder, "b.pem")), `there is no file ${join(folder, "b.pem")}`);
  assert.equal(whyNoFile(folder), `${folder} is not a file`);
  assert.equal(whyNoFolder(file), `${file} is not a folder`);
  assert.equal(whyNoFolder(join(file, "below")), `there is no folder ${join(file, "below")}`);
});

test("what can be no path at all is told, and no longer than it need be", () => {
  assert.equal(whyNoFile("/a\0b"), '"/a\\u0000b" cannot be a file (ERR_INVALID_ARG_VALUE)');
  const long = whyNoFolder(`/${"x".repeat(10_000)}`) ?? "";
  assert.match(long, /…" cannot be a folder \(ENAMETOOLONG\)$/);
  assert.ok(long.length < 400);
});

test("one behind a closed folder says who must be let in", {
  skip: process.getuid?.() === 0 && "root enters everywhere",
}, () => {
  const closed = join(folder, "closed");
  mkdirSync(closed);
  chmodSync(closed, 0o000);
  const message = whyNoFile(join(closed, "a.pem"));
  chmodSync(closed, 0o700);
  assert.match(message ?? "", /cannot be reached \(EACCES\): let this user enter the folders above it$/);
});
