import assert from "node:assert/strict";
import { test } from "node:test";
import { barHeights } from "./sparkline.ts";

test("the busiest second fills the picture", () => {
  assert.deepEqual(barHeights([0, 10, 20], 3), [0, 32, 64]);
});

test("one event alone stays small", () => {
  assert.deepEqual(barHeights([0, 0, 1], 3), [0, 0, 16]);
});

test("too few seconds stand at the right, too many lose the oldest", () => {
  assert.deepEqual(barHeights([8], 3), [0, 0, 64]);
  assert.deepEqual(barHeights([99, 0, 4, 8], 3), [0, 32, 64]);
});
