import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Event } from "../model/event.ts";
import type { GoalTotal, Subject, TotalsChange } from "../model/projection.ts";
import { compareStandings, contribution } from "./contribution.ts";
import { makeExperiment, makeExposure, makeHappening } from "./fake-experiment.ts";
import {
  applyEvent,
  foldExposure,
  isInWindow,
  noStanding,
  readExposure,
  replaySubject,
  type Standing,
} from "./standing.ts";

const hour = 3_600_000;
const experiment = makeExperiment({
  goals: [
    { key: "purchase", event: "purchase", value: "value", windowHours: 3 },
    { key: "any", event: "purchase", value: null, windowHours: 1.5 },
    { key: "seen", event: "experiment_viewed", value: null, windowHours: 1 },
  ],
});

test("the earliest exposure gives variant and time, a second variant makes the person multiple", () => {
  const first = foldExposure(null, { variant: "b", at: 10, id: "m" });
  assert.deepEqual(first, { variant: "b", firstExposedAt: 10, firstId: "m", multi: false });
  assert.equal(foldExposure(first, { variant: "b", at: 20, id: "a" }), first, "nothing new");
  assert.deepEqual(foldExposure(first, { variant: "control", at: 10, id: "z" }), { ...first, multi: true });
  assert.deepEqual(foldExposure(first, { variant: "control", at: 10, id: "a" }), {
    variant: "control",
    firstExposedAt: 10,
    firstId: "a",
    multi: true,
  });
});

test("exposures of other experiments, sites, unknown variants and bots are none", () => {
  assert.deepEqual(readExposure(experiment, makeExposure("e", 5, "b")), { variant: "b", at: 5, id: "e" });
  for (const fields of [
    { experiment_id: "other" },
    { property_id: "other" },
    { variation_id: "zz" },
    { variation_id: null },
    { bot: "crawler" },
    { type: "track" },
  ] satisfies Partial<Event>[]) {
    assert.equal(readExposure(experiment, makeExposure("e", 5, "b", fields)), null, JSON.stringify(fields));
  }
});

test("the window begins with the exposure and ends before its last millisecond is over", () => {
  const subject: Subject = { variant: "b", firstExposedAt: 1000, firstId: "e", multi: false };
  const goal = { key: "g", event: "g", value: null, windowHours: 2 };
  for (const [at, inside] of [
    [999, false],
    [1000, true],
    [1000 + 2 * hour - 1, true],
    [1000 + 2 * hour, false],
  ] as const) {
    assert.equal(isInWindow(subject, goal, at), inside, String(at));
  }
});

test("an exposure that arrives after the purchase it led to still counts it", () => {
  const buy = makeHappening("b", 2 * hour, { value: 5 });
  const seen = makeExposure("a", hour, "b");
  const early = applyEvent(experiment, noStanding, buy, () => []);
  assert.equal(early, noStanding);
  const late = applyEvent(experiment, early, seen, () => [buy, seen]);
  assert.deepEqual(late.totals.get("purchase"), { n: 1, sumMicros: 5_000_000n });
});

test("thousands of the largest amounts wrap at 64 bits and never fail", () => {
  const seen = makeExposure("a", 0, "b");
  const buys = Array.from({ length: 10_000 }, (_, i) => makeHappening(`b${i}`, 1, { value: 1e9 }));
  const { totals } = replaySubject(experiment, [seen, ...buys]);
  assert.deepEqual(totals.get("purchase"), { n: 10_000, sumMicros: BigInt.asIntN(64, 10n ** 19n) });
});

const anyEvent: fc.Arbitrary<Omit<Event, "id">> = fc
  .record({
    kind: fc.constantFrom("control", "b", "b", "buy", "buy", "other"),
    at: fc.integer({ min: 0, max: 16 }).map((n) => (n * hour) / 4),
    value: fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), fc.constantFrom(1e9, -1e9, 0.1)),
  })
  .map(({ kind, at, value }) => {
    if (kind === "buy") return makeHappening("", at, { value });
    if (kind === "other") return makeHappening("", at, { name: "page_view" });
    return makeExposure("", at, kind);
  });

/** One person's events with ids, and an order in which they arrive. */
const anyArrival = fc
  .array(anyEvent, { maxLength: 25, size: "max" })
  .map((events) => events.map((event, i): Event => ({ ...event, id: `e${String(i).padStart(2, "0")}` })))
  .chain((events) => fc.shuffledSubarray(events, { minLength: events.length }));

/** Applies events one by one; `stored` is what the table of events holds while `arrival[i]` is applied. */
const applyAll = (
  arrival: readonly Event[],
  onChange: (changes: readonly TotalsChange[]) => void = () => {},
) =>
  arrival.reduce<Standing>((standing, event, i) => {
    const soFar = arrival.slice(0, i + 1);
    const after = applyEvent(experiment, standing, event, (from, to) =>
      soFar.filter((e) => e.timestamp_utc >= from && e.timestamp_utc < to),
    );
    onChange(compareStandings(experiment, standing, after));
    return after;
  }, noStanding);

const plain = ({ subject, totals }: Standing) => ({ subject, totals: [...totals].sort(byKey) });
const byKey = (a: [string, GoalTotal], b: [string, GoalTotal]) => (a[0] < b[0] ? -1 : 1);

test("events applied one by one in any order of arrival give what a replay of all of them gives", () => {
  fc.assert(
    fc.property(anyArrival, (arrival) => {
      const inOrder = arrival.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const expected = plain(replaySubject(experiment, inOrder));
      assert.deepEqual(plain(applyAll(arrival)), expected);
      assert.deepEqual(plain(applyAll(inOrder)), expected);
    }),
    { numRuns: 1000 },
  );
});

test("the results of many people kept by differences are those summed up from scratch", () => {
  fc.assert(
    fc.property(fc.array(anyArrival, { maxLength: 5 }), (people) => {
      const kept = new Map<string, TotalsChange>();
      const rebuilt = new Map<string, TotalsChange>();
      for (const arrival of people) {
        const end = applyAll(arrival, (changes) => addAll(kept, changes));
        addAll(rebuilt, compareStandings(experiment, noStanding, replaySubject(experiment, arrival)));
        const rows = contribution(experiment, end);
        assert.ok(rows.every((row) => !end.subject?.multi || row.exposed === 0));
      }
      assert.deepEqual(nonEmpty(kept), nonEmpty(rebuilt));
    }),
    { numRuns: 300 },
  );
});

const addAll = (table: Map<string, TotalsChange>, changes: readonly TotalsChange[]): void => {
  for (const change of changes) {
    const key = [change.experiment, change.variant, change.goal, change.day].join(" ");
    const old = table.get(key);
    table.set(key, {
      ...change,
      exposed: (old?.exposed ?? 0) + change.exposed,
      converted: (old?.converted ?? 0) + change.converted,
      sumMicros: (old?.sumMicros ?? 0n) + change.sumMicros,
      squares: (old?.squares ?? 0n) + change.squares,
    });
  }
};

const nonEmpty = (table: Map<string, TotalsChange>) => {
  for (const row of table.values()) {
    assert.ok(row.exposed >= 0 && row.converted >= 0 && row.converted <= row.exposed && row.squares >= 0n);
    if (row.exposed === 0) assert.deepEqual([row.converted, row.sumMicros, row.squares], [0, 0n, 0n]);
  }
  return [...table].filter(([, row]) => row.exposed > 0).sort(([a], [b]) => (a < b ? -1 : 1));
};
