import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { boundOldGeneration } from "./old-generation.ts";

/** Objects that live until they are old, then make room for others; tells the most bytes that their space had. */
const source = `
  const { getHeapSpaceStatistics } = require("node:v8");
  const { parentPort } = require("node:worker_threads");
  const old = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space").space_used_size;
  const held = Array.from({ length: 150_000 }, (_, i) => ({ i, list: [i] }));
  let most = 0;
  for (let i = 0; i < 2_500_000; i++) {
    held[i % held.length] = { i, list: [i] };
    if (i % 10_000 === 0) most = Math.max(most, old());
  }
  parentPort.postMessage(most);`;

const mostOldBytes = async (): Promise<number> => {
  const [most] = await once(new Worker(source, { eval: true }), "message");
  return Number(most);
};

test("less garbage becomes old before it is collected while the growth is bound", async () => {
  const usual = await mostOldBytes();
  const release = boundOldGeneration();
  const bound = await mostOldBytes();
  release();
  assert.ok(bound < usual * 0.8, `${bound} bytes, ${usual} without`);
});
