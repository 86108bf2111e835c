import assert from "node:assert/strict";
import { test } from "node:test";
import { position, scaleEnd } from "./interval.ts";

test("the scale is the smallest round one that shows every interval", () => {
  assert.equal(scaleEnd([[-0.03, 0.08], null]), 0.1);
  assert.equal(
    scaleEnd([
      [-0.14, 0.05],
      [0.01, 0.02],
    ]),
    0.2,
  );
  assert.equal(scaleEnd([[-0.14, 0.45]]), 0.5);
});

test("an interval without bounds does not stretch the scale past doubling", () => {
  assert.equal(scaleEnd([[-0.9, 40]]), 1);
  assert.equal(position(40, 1), 240);
  assert.equal(position(-7, 1), 0);
});

test("no lift lies in the middle", () => {
  assert.equal(position(0, 0.2), 120);
  assert.equal(position(0.1, 0.2), 180);
});
