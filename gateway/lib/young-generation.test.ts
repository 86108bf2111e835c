import assert from "node:assert/strict";
import { test } from "node:test";
import { getHeapSpaceStatistics } from "node:v8";
import { boundYoungGeneration } from "./young-generation.ts";

const youngMegabytes = (): number =>
  (getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0) /
  (1 << 20);

/** Objects of which many survive for a while, with a turn of the event loop now and then. */
const churn = async (): Promise<void> => {
  let kept: object[] = [];
  for (let i = 0; i < 4_000_000; i++) {
    kept.push({ i, list: [i] });
    if (kept.length > 60_000) kept = [];
    if (i % 20_000 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
};

test("the space of young objects stays at 32 MB while it is bound, and grows again after", async () => {
  const release = boundYoungGeneration(1);
  await churn();
  const bound = youngMegabytes();
  assert.ok(bound >= 16 && bound <= 32, `${bound} MB`);
  release();
  await churn();
  assert.ok(youngMegabytes() > 32, `${youngMegabytes()} MB`);
});
