import assert from "node:assert/strict";
import { test } from "node:test";
import { askedBy, delayAfter } from "./backoff.ts";
import { SinkBusy } from "./sink.ts";

test("delays double up to a minute", () => {
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => delayAfter(failures, 1));
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test("a delay is spread over its upper half", () => {
  assert.deepEqual([delayAfter(3, 0), delayAfter(3, 0.5)], [2000, 3000]);
});

test("what the other side asks for is waited at least, for an hour at most", () => {
  assert.equal(delayAfter(1, 1, 90_000), 90_000);
  assert.equal(delayAfter(6, 1, 5000), 32_000);
  assert.equal(delayAfter(1, 1, 86_400_000), 3_600_000);
});

test("any error with retryAfterMs asks, and nothing else does", () => {
  assert.equal(askedBy(new SinkBusy("full", 5000)), 5000);
  assert.equal(askedBy(Object.assign(new Error("full"), { retryAfterMs: 7 })), 7);
  for (const error of [new Error("x"), "x", null, undefined, { retryAfterMs: "5" }, { retryAfterMs: -1 }]) {
    assert.equal(askedBy(error), 0);
  }
});
