import assert from "node:assert/strict";
import { test } from "node:test";
import { legacyAddressHash, legacyContactHash, legacyHash } from "./legacy-hashes.ts";

test("contact hashes equal those of the original tracker", () => {
  assert.equal(legacyContactHash("", "password"), "W6ph5Mm5Pz8GgiULbPgzG37mj9g=");
  assert.equal(legacyContactHash("", "a@b.com"), "ECKww6HZpkCa4N0jZP3P5B9jriI=");
});

test("the pepper is put before the contact", () => {
  assert.equal(legacyContactHash("pass", "word"), legacyContactHash("", "password"));
});

test("hashes of hosts and user agents equal those of the original tracker", () => {
  const table = {
    localhost: "d4md6",
    "example.com": "imdezq",
    " Tr.Example.com ": "i5pkuo",
    "curl/7.64.1": "1d6ytuu",
  };
  for (const [text, hash] of Object.entries(table)) assert.equal(legacyHash(text), hash);
});

test("hashes of addresses equal those of the original tracker", () => {
  assert.equal(legacyAddressHash("127.0.0.1"), "2eauxqsti0h26dc3qe1mfglks");
  assert.equal(legacyAddressHash("8.8.8.8"), "b4c84prdbt401t5oxss1cy8xcx");
});
