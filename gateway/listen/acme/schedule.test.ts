import assert from "node:assert/strict";
import { test } from "node:test";
import { nextPoll, paceOrders, renewalTime, retryDelay } from "./schedule.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const valid = (days: number) => ({ notBefore: 0, notAfter: days * day });

test("without a window a third of the life is left, or half where it is under ten days", () => {
  const cases: readonly [days: number, atDay: number][] = [
    [90, 60],
    [64, 64 * (2 / 3)],
    [45, 30],
    [10, 10 * (2 / 3)],
    [6.7, 3.35],
  ];
  for (const [days, atDay] of cases) {
    assert.equal(renewalTime(valid(days), null, 0), Math.round(atDay * day), `${days} days`);
    const latest = Math.round(atDay * day);
    const earliest = renewalTime(valid(days), null, 0.999);
    assert.ok(earliest < latest && earliest > latest - 0.25 * day, `${days} days: a random second before`);
  }
});

test("in a window a random moment is chosen, within what is sensible", () => {
  const window = { start: 50 * day, end: 60 * day };
  assert.equal(renewalTime(valid(90), window, 0.5), 55 * day);
  assert.equal(renewalTime(valid(90), { start: 100 * day, end: 110 * day }, 0.5), 81 * day, "after its end");
  assert.equal(renewalTime(valid(90), { start: -day, end: -hour }, 0.5), day, "before its begin");
});

test("after failures: 1, 10, 100 minutes, then a day; never sooner than asked for", () => {
  const delays = [1, 2, 3, 4, 5].map((failures) => retryDelay(failures, "refused", 0) / minute);
  assert.deepEqual(delays, [1, 10, 100, 1440, 1440]);
  assert.equal(retryDelay(5, "unreachable", 0), 100 * minute);
  assert.equal(retryDelay(1, "refused", 3 * hour), 3 * hour);
  assert.equal(retryDelay(1, "refused", 1000 * day), 7 * day, "what is asked for is not for ever");
});

test("the window is asked for twice a day, or as the authority says, within a minute and a day", () => {
  assert.deepEqual(
    [0, 1000, 6 * hour, 10 * day].map((said) => nextPoll(0, said)),
    [12 * hour, minute, 6 * hour, day],
  );
});

test("at most 250 orders are placed in three hours", () => {
  const past = Array.from({ length: 250 }, (_, i) => i * minute);
  assert.deepEqual(paceOrders(past.slice(1), 250 * minute).nextAt, 250 * minute);
  assert.equal(
    paceOrders(past, 2 * hour + 9 * minute).nextAt,
    2 * hour + 9 * minute,
    "those to come do not count",
  );
  const burst = Array.from({ length: 250 }, () => 0);
  assert.equal(paceOrders(burst, minute).nextAt, 3 * hour);
  assert.deepEqual(paceOrders(burst, 3 * hour), { counted: [], nextAt: 3 * hour });
});
