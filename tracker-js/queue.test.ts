import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOf } from "./queue.ts";

const texts = (count: number, size: number) =>
  Array.from({ length: count }, (_, i) => JSON.stringify({ eid: i, filler: "y".repeat(size) }));

test("a batch stays under 16,000 characters, and an event larger than that goes alone", () => {
  const many = texts(40, 1000);
  const batch = batchOf(many);
  assert.ok(batch.length > 1 && batch.join().length <= 16_000);
  assert.deepEqual(batch, many.slice(0, batch.length));
  assert.equal(batchOf([...texts(1, 20_000), ...texts(1, 1)]).length, 1);
  assert.deepEqual(batchOf(texts(3, 10)), texts(3, 10));
});

test("batches taken one after another carry every event once, in order", () => {
  const all = Array.from({ length: 101 }, (_, i) => JSON.stringify({ eid: i, filler: "y".repeat(i * 20) }));
  const sent: string[] = [];
  for (let rest: readonly string[] = all; rest.length > 0; ) {
    const batch = batchOf(rest);
    sent.push(...batch);
    rest = rest.slice(batch.length);
  }
  assert.deepEqual(sent, all);
});
