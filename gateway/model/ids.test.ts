import assert from "node:assert/strict";
import { test } from "node:test";
import { derivedId, parseUuid, uuidTime } from "./ids.ts";

test("an id derived from a moment and a text is a UUIDv7 of that moment, the same each time", () => {
  for (const at of [0, 1, Date.UTC(2026, 0, 1), 2 ** 47]) {
    for (const seed of ["", "a", "b", "ü".repeat(100)]) {
      const id = derivedId(at, seed);
      assert.equal(parseUuid(id), id);
      assert.equal(uuidTime(id), at);
      assert.match(id, /^.{14}7.{4}[89ab]/);
      assert.equal(derivedId(at, seed), id);
    }
  }
  assert.notEqual(derivedId(1, "a"), derivedId(1, "b"));
  assert.notEqual(derivedId(1, "a"), derivedId(2, "a"));
});
