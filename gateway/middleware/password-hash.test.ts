import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOfNobody, hashPassword, isPassword, parseHash } from "./password-hash.ts";

const cheap = { ln: 10, r: 8, p: 1 };

test("a hash knows its password, however it is typed, and no other", async () => {
  const hash = parseHash(await hashPassword("caf\u00e9", cheap));
  assert.ok(hash);
  assert.equal(await isPassword("caf\u00e9", hash), true);
  assert.equal(await isPassword("cafe\u0301", hash), true);
  assert.equal(await isPassword("cafe", hash), false);
  assert.equal(await isPassword("", hash), false);
});

test("two hashes of one password differ", async () => {
  assert.notEqual(await hashPassword("a", cheap), await hashPassword("a", cheap));
});

test("nobody's hash costs what a real one costs, and knows no password", async () => {
  const hash = parseHash(await hashPassword("a", cheap));
  assert.ok(hash);
  const nobody = hashOfNobody(hash);
  assert.deepEqual([nobody.ln, nobody.r, nobody.p, nobody.hash.length], [10, 8, 1, hash.hash.length]);
  assert.equal(await isPassword("a", nobody), false);
});

test("what is no hash, or would take too much memory, is none", () => {
  const tail = `$${"A".repeat(22)}$${"A".repeat(43)}`;
  const cases: readonly [text: string, isHash: boolean][] = [
    [`$scrypt$ln=15,r=8,p=3${tail}`, true],
    [`$scrypt$ln=18,r=8,p=1${tail}`, false],
    [`$scrypt$ln=9,r=8,p=1${tail}`, false],
    [`$scrypt$ln=15,r=99,p=1${tail}`, false],
    ["$2y$10$abcdefghijklmnopqrstuv", false],
    ["$apr1$salt$hash", false],
    ["secret", false],
    ["", false],
  ];
  for (const [text, isHash] of cases) assert.equal(parseHash(text) !== null, isHash, text);
});
