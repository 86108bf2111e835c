import assert from "node:assert/strict";
import { test } from "node:test";
import { version } from "uuid";
import { uuidTime } from "../../gateway/model/ids.ts";
import { uuid7 } from "./uuid7.ts";

test("an id is a UUID of version 7 that carries its time", () => {
  for (const now of [0, 1, 1_700_000_000_123, 2 ** 48 - 1]) {
    const id = uuid7(now);
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
    assert.equal(version(id), 7);
    assert.equal(uuidTime(id), now);
  }
});

test("ids of one millisecond differ, and sort by their time as texts", () => {
  const ids = Array.from({ length: 10_000 }, () => uuid7(1_700_000_000_000));
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(uuid7(1_700_000_000_000) < uuid7(1_700_000_000_001));
});

test("an id is whole where the page has changed Array.from and toString of arrays", () => {
  const { from } = Array;
  try {
    Array.from = ((list: Iterable<unknown>) => [...list]) as typeof from; // an old library's own meaning
    assert.equal(version(uuid7()), 7);
  } finally {
    Array.from = from;
  }
});
