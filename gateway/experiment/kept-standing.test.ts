import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import type { GoalTotal, Subject } from "../model/projection.ts";
import { makeExperiment, makeExposure, makeHappening } from "./fake-experiment.ts";
import { joinKept, type KeptStanding, takeAway } from "./kept-standing.ts";
import { noStanding, replaySubject } from "./standing.ts";

const hour = 3_600_000;
const experiment = makeExperiment({
  goals: [
    { key: "purchase", event: "purchase", value: "value", windowHours: 72 },
    { key: "soon", event: "purchase", value: null, windowHours: 1 },
  ],
});

const keep = (firstId: string, atHour: number, sum: bigint | null, fields: Partial<Subject> = {}) => ({
  subject: { variant: "b", firstExposedAt: atHour * hour, firstId, multi: false, ...fields },
  totals: new Map<string, GoalTotal>(sum === null ? [] : [["purchase", { n: 1, sumMicros: sum }]]),
});

const first = keep("first", 10, 5n);
const quiet = keep("first", 10, null);

test("people joined whose events are pruned have what the earliest of them had, and the others in his time", () => {
  for (const [what, kept, atHour, n, sum, multi] of [
    ["one alone is as he was", [first], 10, 1, 5n, false],
    ["the earliest counts, in whatever order they come", [keep("late", 20, 7n), first], 10, 2, 12n, false],
    ["what only the later one did counts", [quiet, keep("late", 20, 7n)], 10, 1, 7n, false],
    [
      "the last moment of the window",
      [first, keep("late", 82, 7n, { firstExposedAt: 82 * hour - 1 })],
      10,
      2,
      12n,
      false,
    ],
    ["who begins after the window adds nothing", [first, keep("late", 82, 7n)], 10, 1, 5n, false],
    ["of three", [keep("c", 30, 2n), keep("b", 20, 7n), first], 10, 3, 14n, false],
    ["another variant", [first, keep("late", 20, 7n, { variant: "control" })], 10, 2, 12n, true],
    ["who saw both", [first, keep("late", 20, 7n, { multi: true })], 10, 2, 12n, true],
    ["sums wrap", [keep("first", 10, 2n ** 63n - 1n), keep("late", 20, 1n)], 10, 2, -(2n ** 63n), false],
  ] satisfies [string, KeptStanding[], number, number, bigint, boolean][]) {
    const { subject, totals } = joinKept(experiment, kept, noStanding, []);
    assert.deepEqual(subject, { variant: "b", firstExposedAt: atHour * hour, firstId: "first", multi }, what);
    assert.deepEqual([...totals], [["purchase", { n, sumMicros: sum }]], what);
  }
});

test("what nobody has counted yet is added to what is kept, and exposures that are there are heard", () => {
  const late = makeHappening("p", 11 * hour - 1, { properties: { value: 2 } });
  const { totals } = joinKept(experiment, [first], noStanding, [late]);
  assert.deepEqual(Object.fromEntries(totals), {
    purchase: { n: 2, sumMicros: 2_000_005n },
    soon: { n: 1, sumMicros: 0n },
  });
  const replayed = replaySubject(experiment, [makeExposure("e", 50 * hour, "control")]);
  assert.equal(joinKept(experiment, [first], replayed, []).subject?.multi, true);
  assert.equal(joinKept(experiment, [], replayed, []), replayed, "nobody is kept");
});

test("who leaves takes what counts for him and was in the window, once, and nothing else", () => {
  const buy = (id: string, atHour: number) => makeHappening(id, atHour * hour, { properties: { value: 3 } });
  const sees = makeExposure("e", 20 * hour, "b");
  const of = (n: number, sumMicros: bigint) => ({
    subject: first.subject,
    totals: new Map<string, GoalTotal>([["purchase", { n, sumMicros }]]),
  });
  for (const [what, leaving, n, sum] of [
    ["nobody leaves", [], 3, 9_000_000n],
    ["who was never exposed", [[buy("p", 20)]], 3, 9_000_000n],
    ["what he did before his exposure", [[sees, buy("p", 19)]], 3, 9_000_000n],
    ["what he did after", [[sees, buy("p", 20)]], 2, 6_000_000n],
    ["after the window of all", [[sees, buy("p", 82)]], 3, 9_000_000n],
    [
      "two who leave",
      [
        [sees, buy("p", 21)],
        [sees, buy("q", 81)],
      ],
      1,
      3_000_000n,
    ],
  ] satisfies [string, Event[][], number, bigint][]) {
    const totals = takeAway(experiment, of(3, 9_000_000n), leaving);
    assert.deepEqual([...totals], [["purchase", { n, sumMicros: sum }]], what);
  }
  assert.deepEqual([...takeAway(experiment, of(1, 3_000_000n), [[sees, buy("p", 21)]])], []);
});
