import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "./follow-pace.ts";

test("steps are small while the writer has time, and large while it has none", () => {
  let now = 0;
  const pace = createPace(() => now);
  const run = (busyMs: number, idleMs: number, times: number) => {
    for (let i = 0; i < times; i++) {
      now += busyMs;
      pace.worked(busyMs);
      now += idleMs;
    }
  };
  assert.equal(pace.step().rows, 250);
  run(1, 4, 100);
  assert.equal(pace.step().rows, 250);
  run(4, 1, 100);
  assert.equal(pace.step().rows, 4000);
  run(1, 4, 100);
  assert.equal(pace.step().rows, 250);
});
