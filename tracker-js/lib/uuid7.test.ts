import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { version } from "uuid";
import { uuidTime } from "../../gateway/model/ids.ts";
import { uuid7 } from "./uuid7.ts";

const whole = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/;

/** An id of a clock that shows this time. */
const idAt = (t: TestContext, now: number, agoMs?: number): string => {
  t.mock.timers.reset();
  t.mock.timers.enable({ apis: ["Date"], now });
  return uuid7(agoMs);
};

test("an id is a UUID of version 7 that carries its time", (t) => {
  for (const now of [Date.UTC(2005), 1_700_000_000_123, Date.now(), Date.UTC(2527)]) {
    const id = idAt(t, now);
    assert.match(id, whole);
    assert.equal(version(id), 7);
    assert.equal(uuidTime(id), now);
    assert.equal(uuidTime(idAt(t, now, 86_400_000)), now - 86_400_000, "as of a day ago");
  }
});

test("a clock that is decades behind still makes an id, one of another time", (t) => {
  for (const now of [0, 1, 86_400_000]) assert.match(idAt(t, now), whole);
});

test("ids of one millisecond differ, and sort by their time as texts", (t) => {
  const first = idAt(t, 1_700_000_000_000);
  const ids = Array.from({ length: 10_000 }, () => uuid7());
  assert.equal(new Set([first, ...ids]).size, ids.length + 1);
  assert.ok(first < idAt(t, 1_700_000_000_001));
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
