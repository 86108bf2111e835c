import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapSpaceStatistics } from "node:v8";
import { boundYoungGeneration } from "./young-generation.ts";

const youngMegabytes = (): number =>
  (getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0) /
  (1 << 20);

/**
 * Makes objects of which many survive for a while, with a turn of the event loop now and then; answers how large the space
 * became. A machine with much else to do makes them slowly, for which V8 takes some of it back in between.
 */
const churn = async (): Promise<number> => {
  let kept: object[] = [];
  let most = 0;
  for (let i = 0; i < 4_000_000; i++) {
    kept.push({ i, list: [i] });
    if (kept.length > 150_000) kept = [];
    if (i % 20_000 !== 0) continue;
    await new Promise((resolve) => setTimeout(resolve));
    most = Math.max(most, youngMegabytes());
  }
  return most;
};

test("the space of young objects stays at 32 MB while it is bound, and grows again after", async () => {
  const release = boundYoungGeneration(1);
  const bound = await churn();
  assert.ok(bound >= 16 && bound <= 32, `${bound} MB`);
  release();
  const free = await churn();
  assert.ok(free > 32, `${free} MB`);
});
