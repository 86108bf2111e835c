import assert from "node:assert/strict";
import { test } from "node:test";
import { version } from "uuid";
import { uuidTime } from "../../gateway/model/ids.ts";
import { uuid7 } from "./uuid7.ts";

const whole = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/;

test("an id is a UUID of version 7 that carries its time", () => {
  for (const now of [Date.UTC(2005), 1_700_000_000_123, Date.now(), Date.UTC(2527)]) {
    const id = uuid7(now);
    assert.match(id, whole);
    assert.equal(version(id), 7);
    assert.equal(uuidTime(id), now);
  }
});

test("a clock that is decades behind still makes an id, one of another time", () => {
  for (const now of [0, 1, 86_400_000]) assert.match(uuid7(now), whole);
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
