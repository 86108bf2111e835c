import assert from "node:assert/strict";
import { test } from "node:test";
import { dailyRule, windowRule } from "./counters.ts";
import { createDayCounts } from "./day-counts.ts";
import { createMemoryCounters } from "./memory-counters.ts";
import { type CountAsked, countAll, createRemoteCounters } from "./remote-counters.ts";

const rule = windowRule("address", 2, 60);

const ownersCounters = () => {
  const secret = Buffer.from("secret");
  return createMemoryCounters(10, createDayCounts({ mostKeys: 10, secret, clock: Date.now, store: null }));
};

test("two workers count together, with one message a turn each", async (t) => {
  const owner = ownersCounters();
  t.after(() => owner.close());
  const messages: number[] = [];
  const worker = () => {
    const it = createRemoteCounters((asked) => {
      messages.push(asked.length);
      // As it comes through a channel between processes.
      void countAll(owner, structuredClone(asked) as CountAsked[]).then((answers) => it.settle(answers));
    });
    t.after(() => it.close());
    return it;
  };
  const [one, other] = [worker(), worker()];
  const standings = await Promise.all([
    one.count(rule, "a"),
    one.count(rule, "b"),
    other.count(rule, "a"),
    other.count(rule, "a"),
  ]);
  assert.deepEqual(
    standings.map(({ isOver, left }) => [isOver, left]),
    [
      [false, 1],
      [false, 1],
      [false, 0],
      [true, 0],
    ],
  );
  assert.deepEqual(messages, [2, 2]);
});

test("what a worker takes back counts no more at the owner", async (t) => {
  const owner = ownersCounters();
  t.after(() => owner.close());
  const worker = createRemoteCounters((asked) => {
    void countAll(owner, structuredClone(asked) as CountAsked[]).then((answers) => worker.settle(answers));
  });
  t.after(() => worker.close());
  const daily = dailyRule("daily-address", 5);
  for (let i = 0; i < 3; i++) await worker.count(daily, "a");
  worker.takeBack(daily, "a");
  worker.takeBack(daily, "nobody");
  assert.equal((await worker.count(daily, "a")).left, 2);
  assert.equal((await worker.count(daily, "nobody")).left, 4);
});

test("a request that the owner does not count in time passes", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const it = createRemoteCounters(() => {});
  t.after(() => it.close());
  const standing = it.count(rule, "a");
  now = 3001;
  t.mock.timers.tick(500);
  assert.equal((await standing).isOver, false);
});

test("past 20,000 unanswered requests no more are kept", async (t) => {
  const it = createRemoteCounters(() => {});
  t.after(() => it.close());
  for (let i = 0; i < 20_000; i++) void it.count(rule, "a");
  assert.equal((await it.count(rule, "a")).isOver, false);
});
