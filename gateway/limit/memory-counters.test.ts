import assert from "node:assert/strict";
import { test } from "node:test";
import { windowRule } from "./counters.ts";
import type { DayCounts } from "./day-counts.ts";
import { createMemoryCounters } from "./memory-counters.ts";

const noDays = { close: async () => {} } as unknown as DayCounts; // no rule below is of a day

test("a clock that is set back by days makes nobody wait for longer than a window", async (t) => {
  const counters = createMemoryCounters(100, noDays);
  t.after(() => counters.close());
  const rule = windowRule("address", 1, 60);
  const count = () => counters.count(rule, "192.0.2.1");
  const day = 86_400_000;
  t.mock.timers.enable({ apis: ["Date"], now: 100 * day });
  assert.deepEqual(await count(), { isOver: false, left: 0, resetMs: 60_000 });
  t.mock.timers.setTime(95 * day);
  assert.deepEqual(await count(), { isOver: true, left: 0, resetMs: 60_000 });
});

test("the end waits until the counts of the day are written", async () => {
  const written = Promise.withResolvers<void>();
  const counters = createMemoryCounters(100, { ...noDays, close: () => written.promise });
  let isClosed = false;
  const closed = counters.close().then(() => {
    isClosed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isClosed, false);
  written.resolve();
  await closed;
});
