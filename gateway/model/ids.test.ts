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

test("a UUID is read in the forms that clients send, and nothing that only looks like one", () => {
  const id = "0190abcd-0f00-7000-8000-00000000beef";
  const bare = id.replaceAll("-", "");
  for (const form of [id, id.toUpperCase(), bare, `{${id}}`, ` ${id} `, `{${bare.toUpperCase()}}`])
    assert.equal(parseUuid(form), id, form);
  for (let at = 0; at < id.length; at++) {
    const wrong = id[at] === "-" ? ["0", "_"] : ["-", "g", "/", ":", "`", "é"];
    for (const sign of wrong) {
      const other = `${id.slice(0, at)}${sign}${id.slice(at + 1)}`;
      assert.equal(parseUuid(other), null, other);
    }
  }
  for (const other of ["", bare.slice(1), `${bare}0000`, `${id}0`, "00000000-0000-0000-0000-000000000000"])
    assert.equal(parseUuid(other), null, other);
});
