import assert from "node:assert/strict";
import { test } from "node:test";
import { nextDelayMs } from "./poll.ts";

test("the page asks each second while it is seen", () => {
  assert.equal(nextDelayMs(0, false), 1_000);
});

test("failures make it wait longer, up to eight seconds", () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 50].map((failures) => nextDelayMs(failures, false)),
    [1_000, 2_000, 4_000, 8_000, 8_000, 8_000],
  );
});

test("a hidden page asks seldom, whether it fails or not", () => {
  assert.equal(nextDelayMs(0, true), 15_000);
  assert.equal(nextDelayMs(9, true), 15_000);
});
