import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapSpaceStatistics } from "node:v8";
import { holdYoungGeneration } from "./young-generation.ts";

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;

/** Objects of which many survive for a while. */
const churn = (): void => {
  let kept: object[] = [];
  for (let i = 0; i < 3_000_000; i++) {
    kept.push({ i, list: [i] });
    if (kept.length > 60_000) kept = [];
  }
};

test("a heap that is held stays as small as it was under objects that make it grow otherwise", () => {
  holdYoungGeneration();
  const before = youngBytes();
  churn();
  assert.ok(before > 0);
  assert.ok(youngBytes() <= before, `${before} bytes before, ${youngBytes()} after`);
});
