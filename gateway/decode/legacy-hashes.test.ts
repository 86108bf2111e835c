import assert from "node:assert/strict";
import { test } from "node:test";
import { legacyContactHash } from "./legacy-hashes.ts";

test("contact hashes equal those of the original tracker", () => {
  assert.equal(legacyContactHash("", "password"), "W6ph5Mm5Pz8GgiULbPgzG37mj9g=");
  assert.equal(legacyContactHash("", "a@b.com"), "ECKww6HZpkCa4N0jZP3P5B9jriI=");
});

test("the pepper is put before the contact", () => {
  assert.equal(legacyContactHash("pass", "word"), legacyContactHash("", "password"));
});
