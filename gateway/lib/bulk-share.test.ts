import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createBulkShare } from "./bulk-share.ts";

const clock = () => {
  let time = 0;
  const pass = (ms: number): void => {
    time += ms;
  };
  return { now: () => time, pass };
};

test("no more pieces are fetched at once than may be, and the others follow in order", async () => {
  const share = createBulkShare({ atOnce: 2, budgetMs: 1, now: () => 0 });
  const begun: number[] = [];
  const finish: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((no) =>
    share.fetch(() => {
      begun.push(no);
      return new Promise<void>((resolve) => finish.push(resolve));
    }),
  );
  await nextTurn();
  assert.deepEqual(begun, [0, 1]);
  finish[1]?.();
  await all[1];
  await nextTurn();
  assert.deepEqual(begun, [0, 1, 2]);
  finish[0]?.();
  finish[2]?.();
  await nextTurn();
  finish[3]?.();
  await Promise.all(all);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});

test("once a turn's time is used up, a piece goes in each of the next ones", async () => {
  const { now, pass } = clock();
  const share = createBulkShare({ atOnce: 10, budgetMs: 1, now });
  let turn = 0;
  const sentIn: number[] = [];
  const sends = [0, 1, 2].map(async () => {
    await share.fetch(() => nextTurn()); // what the system has read comes piece by piece
    sentIn.push(turn);
    pass(5); // writing it takes longer than the budget
  });
  const all = Promise.all(sends).then(() => "sent");
  while ((await Promise.race([all, nextTurn("waiting")])) === "waiting") turn++;
  assert.equal(new Set(sentIn).size, 3, `turns ${sentIn.join()}`);
});

test("who sends what comes by itself is told when a turn's time is used up, and may go on in the next", async () => {
  const { now, pass } = clock();
  const share = createBulkShare({ atOnce: 1, budgetMs: 1, now });
  assert.equal(share.isSpent(), false);
  pass(2);
  assert.equal(share.isSpent(), true);
  await share.fetch(async () => {});
  assert.equal(share.isSpent(), false);
});

test("pieces that take next to no time go in one turn", async () => {
  const share = createBulkShare({ atOnce: 10, budgetMs: 1, now: () => 0 });
  let isOver = false;
  const all = Promise.all(Array.from({ length: 30 }, () => share.fetch(async () => {}))).then(() => {
    isOver = true;
  });
  await nextTurn();
  assert.ok(isOver);
  await all;
});

test("a piece that cannot be fetched is told so, and gives its place back", async () => {
  const share = createBulkShare({ atOnce: 1, budgetMs: 1, now: () => 0 });
  await assert.rejects(
    share.fetch(() => Promise.reject(new Error("gone"))),
    /gone/,
  );
  assert.equal(await share.fetch(async () => 7), 7);
});
