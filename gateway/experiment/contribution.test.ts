import assert from "node:assert/strict";
import { test } from "node:test";
import { compareStandings, contribution, exposureDay } from "./contribution.ts";
import { makeExperiment } from "./fake-experiment.ts";
import { noStanding, type Standing } from "./standing.ts";

const experiment = makeExperiment({
  goals: [
    { key: "purchase", event: "purchase", value: "value", windowHours: 72 },
    { key: "signup", event: "signup", value: null, windowHours: 72 },
  ],
});
const subject = {
  variant: "b",
  firstExposedAt: Date.UTC(2026, 0, 31, 23, 59),
  firstId: "e",
  multi: false,
} as const;
const bought: Standing = { subject, totals: new Map([["purchase", { n: 2, sumMicros: 30_000_000n }]]) };
const place = { variant: "b", day: "2026-01-31" };

test("a person adds one exposure to every goal, and to reached ones a conversion, the total and its square", () => {
  assert.deepEqual(contribution(experiment, bought), [
    {
      ...place,
      goal: "purchase",
      exposed: 1,
      converted: 1,
      sumMicros: 30_000_000n,
      squares: 900n * 10n ** 12n,
    },
    { ...place, goal: "signup", exposed: 1, converted: 0, sumMicros: 0n, squares: 0n },
  ]);
  assert.deepEqual(contribution(experiment, noStanding), []);
});

test("a person who saw two variants adds nothing", () => {
  for (const row of contribution(experiment, { ...bought, subject: { ...subject, multi: true } })) {
    assert.deepEqual([row.exposed, row.converted, row.sumMicros, row.squares], [0, 0, 0n, 0n]);
  }
});

test("a person who turns out to have seen two variants is taken out again", () => {
  const after: Standing = { ...bought, subject: { ...subject, multi: true } };
  const common = { ...place, experiment: "pricing" };
  assert.deepEqual(compareStandings(experiment, bought, after), [
    {
      ...common,
      goal: "purchase",
      exposed: -1,
      converted: -1,
      sumMicros: -30_000_000n,
      squares: -900n * 10n ** 12n,
    },
    { ...common, goal: "signup", exposed: -1, converted: 0, sumMicros: 0n, squares: 0n },
  ]);
});

test("only rows that change appear, and a first exposure that moves a day moves its rows", () => {
  assert.deepEqual(compareStandings(experiment, bought, bought), []);
  assert.deepEqual(compareStandings(experiment, bought, { ...bought }), []);
  const more: Standing = { subject, totals: new Map([["purchase", { n: 3, sumMicros: 31_000_000n }]]) };
  assert.deepEqual(
    compareStandings(experiment, bought, more).map((c) => [
      c.goal,
      c.exposed,
      c.converted,
      c.sumMicros,
      c.squares,
    ]),
    [["purchase", 0, 0, 1_000_000n, 61n * 10n ** 12n]],
  );
  const earlier: Standing = { ...bought, subject: { ...subject, firstExposedAt: Date.UTC(2026, 0, 30) } };
  assert.deepEqual(
    compareStandings(experiment, bought, earlier).map((c) => [c.goal, c.day, c.exposed]),
    [
      ["purchase", "2026-01-31", -1],
      ["signup", "2026-01-31", -1],
      ["purchase", "2026-01-30", 1],
      ["signup", "2026-01-30", 1],
    ],
  );
});

test("the day is the first exposure's in UTC", () => {
  assert.equal(exposureDay(subject), "2026-01-31");
  assert.equal(exposureDay({ ...subject, firstExposedAt: Date.UTC(2026, 1, 1) }), "2026-02-01");
});
