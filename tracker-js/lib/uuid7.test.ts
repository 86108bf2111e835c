import assert from "node:assert/strict";
import { test } from "node:test";
import { version } from "uuid";
import { uuid7, uuidTime } from "./uuid7.ts";

test("an id is a UUID of version 7 that carries its time", () => {
  for (const now of [0, 1, 1_700_000_000_123, 2 ** 48 - 1]) {
    const id = uuid7(now);
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.equal(version(id), 7);
    assert.equal(uuidTime(id), now);
  }
});

test("ids of one millisecond differ", () => {
  const ids = Array.from({ length: 10_000 }, () => uuid7(1_700_000_000_000));
  assert.equal(new Set(ids).size, ids.length);
});

test("what is no UUID has no time", () => {
  assert.ok(Number.isNaN(uuidTime("not an id at all")));
  assert.ok(Number.isNaN(uuidTime("")));
});
