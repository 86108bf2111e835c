import assert from "node:assert/strict";
import { test } from "node:test";
import { dailyRule } from "./counters.ts";
import { createDayCounts, type DayCount, type DayStore } from "./day-counts.ts";

const rule = dailyRule("daily-address", 3);
const noon = Date.UTC(2026, 0, 31, 12);
const dayMs = 86_400_000;

const memoryStore = () => {
  const days = new Map<string, Map<string, number>>();
  let isBroken = false;
  const store: DayStore = {
    load: (day) => [...(days.get(day) ?? [])].map(([key, n]): DayCount => ({ key, n })),
    async save(day, counts) {
      if (isBroken) throw new Error("disk full");
      const rows = days.get(day) ?? new Map<string, number>();
      for (const { key, n } of counts) rows.set(key, n);
      days.set(day, rows);
    },
  };
  const breakDown = (broken: boolean): void => {
    isBroken = broken;
  };
  return { store, days, breakDown };
};

const open = (store: DayStore | null, clock: () => number, mostKeys = 100) =>
  createDayCounts({ mostKeys, secret: Buffer.from("secret"), clock, store });

test("counts go on after a restart, and begin anew with the day", async () => {
  const { store } = memoryStore();
  let now = noon;
  const first = open(store, () => now);
  for (let i = 0; i < 3; i++) assert.equal(first.count(rule, "10.0.0.1").isOver, false);
  await first.close();
  const second = open(store, () => now);
  assert.deepEqual(second.count(rule, "10.0.0.1"), { isOver: true, left: 0, resetMs: dayMs / 2 });
  assert.deepEqual(second.count(rule, "10.0.0.2"), { isOver: false, left: 2, resetMs: dayMs / 2 });
  now += dayMs / 2;
  assert.deepEqual(second.count(rule, "10.0.0.1"), { isOver: false, left: 2, resetMs: dayMs });
  await second.close();
});

test("refused requests do not count, so that a quota that is raised lets them in, also after a restart", async () => {
  const { store } = memoryStore();
  const first = open(store, () => noon);
  for (let i = 0; i < 50; i++) first.count(rule, "10.0.0.1");
  await first.close();
  const second = open(store, () => noon);
  const raised = dailyRule("daily-address", 5);
  const standings = [1, 2, 3].map(() => second.count(raised, "10.0.0.1"));
  assert.deepEqual(
    standings.map(({ isOver, left }) => [isOver, left]),
    [
      [false, 1],
      [false, 0],
      [true, 0],
    ],
  );
  assert.equal(second.count(rule, "10.0.0.1").isOver, true, "lowered again");
  await second.close();
});

test("a clock that is set back over midnight opens no quota again, one that was a day ahead begins the right day", () => {
  let now = noon + dayMs / 2 + 60_000;
  const counts = open(null, () => now);
  for (let i = 0; i < 3; i++) counts.count(rule, "10.0.0.1");
  now -= 3_600_000;
  assert.deepEqual(counts.count(rule, "10.0.0.1"), { isOver: true, left: 0, resetMs: dayMs + 59 * 60_000 });
  now += 3_600_000;
  assert.equal(counts.count(rule, "10.0.0.1").isOver, true, "and goes on when it is right again");
  now -= dayMs;
  assert.equal(counts.count(rule, "10.0.0.1").left, 2);
});

test("what is stored names nobody", async () => {
  const { store, days } = memoryStore();
  const counts = open(store, () => noon);
  counts.count(rule, "198.51.100.7");
  await counts.close();
  const [[key = "", n] = []] = [...(days.get("2026-01-31") ?? [])];
  assert.match(key, /^[\w-]{22}$/);
  assert.equal(n, 1);
});

test("what could not be written is written with the next", async () => {
  const { store, days, breakDown } = memoryStore();
  const counts = open(store, () => noon);
  breakDown(true);
  counts.count(rule, "a");
  await counts.flush();
  breakDown(false);
  counts.count(rule, "b");
  await counts.close();
  assert.deepEqual([...(days.get("2026-01-31")?.values() ?? [])], [1, 1]);
});

test("the keys of a day are bounded, and so is what is written", async () => {
  const { store, days } = memoryStore();
  const counts = open(store, () => noon, 10);
  for (let i = 0; i < 1000; i++) counts.count(rule, `made up ${i}`);
  await counts.close();
  assert.equal(days.get("2026-01-31")?.size, 10);
});

test("what the process before still counts comes to the one that has its place, and none of it twice", async () => {
  const { store, days } = memoryStore();
  const first = open(store, () => noon);
  first.count(rule, "a");
  await first.flush();
  const second = open(store, () => noon);
  second.count(rule, "a");
  first.handTo(async (share) => second.add(share));
  first.count(rule, "a");
  first.count(rule, "b");
  await first.close();
  assert.deepEqual(second.count(rule, "a"), { isOver: true, left: 0, resetMs: dayMs / 2 });
  await second.close();
  assert.deepEqual([...(days.get("2026-01-31")?.values() ?? [])], [3, 1], "what is refused does not count");
});

test("what could not be handed on is handed on with the next, and what is of yesterday is nothing", async () => {
  let now = noon;
  const [first, second] = [open(null, () => now), open(null, () => now)];
  let isAway = true;
  first.handTo(async (share) => {
    if (isAway) throw new Error("away");
    second.add(share);
  });
  first.count(rule, "a");
  await first.flush();
  isAway = false;
  first.count(rule, "a");
  await first.flush();
  assert.equal(second.count(rule, "a").left, 0);
  first.count(rule, "a");
  now += dayMs;
  second.count(rule, "a");
  await first.close();
  assert.equal(second.count(rule, "a").left, 1);
});

test("what changed is written every five seconds, and handed on four times a second", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { store, days } = memoryStore();
  const counts = open(store, () => noon);
  t.after(() => counts.close());
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const written = () => [...(days.get("2026-01-31")?.values() ?? [])];
  counts.count(rule, "10.0.0.1");
  t.mock.timers.tick(4999);
  await turn();
  assert.deepEqual(written(), []);
  t.mock.timers.tick(1);
  await turn();
  assert.deepEqual(written(), [1]);
  const handed: number[] = [];
  counts.handTo(async (share) => {
    handed.push(...share.counts.map(({ n }) => n));
  });
  counts.count(rule, "10.0.0.1");
  t.mock.timers.tick(249);
  await turn();
  assert.deepEqual(handed, []);
  t.mock.timers.tick(1);
  await turn();
  assert.deepEqual([handed, written()], [[1], [1]]);
});
