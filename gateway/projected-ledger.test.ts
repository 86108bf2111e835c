import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { makeExperiment } from "./experiment/fake-experiment.ts";
import type { Event } from "./model/event.ts";
import { hashedId } from "./model/ids.ts";
import { testSite } from "./model/test-site.ts";
import { openProjectedLedger, type ProjectionSettings } from "./projected-ledger.ts";
import { openReader } from "./store/reader.ts";
import { bodyOf } from "./store/stored-event.ts";

const experiment = makeExperiment({
  key: "headline",
  goals: [
    { key: "purchase", event: "purchase", value: "value", windowHours: 72 },
    { key: "visit", event: "page_view", value: null, windowHours: 24 },
  ],
});

const settings = (dir: string): ProjectionSettings => ({
  dir,
  rejectsKept: 100,
  rejectDays: 30,
  sites: [{ id: "main", sessions: { ...testSite.sessions, maxEvents: 20, joinByStamp: true } }],
  experiments: [experiment],
});

const start = Date.UTC(2026, 0, 1);

/** An event of one of a few visitors, at a coarse time so that many fall together or near a session's edge. */
const drawnEvent = fc.record({
  visitor: fc.integer({ min: 0, max: 3 }),
  tenMinutes: fc.integer({ min: 0, max: 60 }),
  kind: fc.constantFrom("page_view", "purchase", "exposure", "document"),
  variant: fc.constantFrom("control", "b"),
  value: fc.integer({ min: -500, max: 500 }),
  campaign: fc.constantFrom(null, null, "spring", "summer"),
  user: fc.constantFrom(null, null, null, "ada"),
  sequence: fc.integer({ min: 0, max: 2 }),
});

type Drawn = typeof drawnEvent extends fc.Arbitrary<infer T> ? T : never;

const types = { page_view: "page", purchase: "outcome", exposure: "exposure", document: "log" } as const;

const toEvent = (drawn: Drawn, index: number): Event => ({
  id: hashedId([String(index), JSON.stringify(drawn)]),
  property_id: "main",
  tracking_protocol: "native",
  type: types[drawn.kind as keyof typeof types],
  name: drawn.kind,
  timestamp_utc: start + drawn.tenMinutes * 600_000,
  received_at: start,
  client_id: `visitor-${drawn.visitor}`,
  sequence: drawn.sequence,
  page_location: `https://shop.example/${index}`,
  ...(drawn.campaign === null ? {} : { utm_campaign: drawn.campaign }),
  ...(drawn.user === null ? {} : { user_id: drawn.user }),
  ...(drawn.kind === "purchase" ? { value: drawn.value / 100 } : {}),
  ...(drawn.kind === "exposure" ? { experiment_id: "headline", variation_id: drawn.variant } : {}),
});

const inFolder = <T>(work: (dir: string) => T): T => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-ledger-"));
  try {
    return work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

/** What the tables say of people, by visitor and not by the number he happened to get. */
const results = (dir: string) => {
  const reader = openReader(dir);
  const rows = (sql: string) => [...reader.query(sql).rows];
  const found = {
    sessions:
      rows(`SELECT client_id, started_at, session_id, ended_at, last_sequence, last_id, events, page_views,
      entry_page, exit_page, campaign, last_campaign, last_user_id, split_cause
      FROM sessions JOIN visitors ON no = person ORDER BY client_id, started_at, session_id`),
    subjects: rows(`SELECT experiment, client_id, variant, first_exposed_at, first_id, multi
      FROM experiment_subjects JOIN visitors ON no = person ORDER BY 1, 2`),
    goals: rows(`SELECT experiment, client_id, goal, n, sum_micros
      FROM experiment_subject_goals JOIN visitors ON no = person ORDER BY 1, 2, 3`),
    days: rows("SELECT * FROM experiment_days ORDER BY 1, 2, 3, 4"),
    outcomes: rows("SELECT * FROM experiment_outcomes ORDER BY 1, 2, 3"),
    counters: rows("SELECT * FROM counters ORDER BY 1, 2"),
  };
  reader.close();
  return found;
};

test("changed goals apply to what was stored before, and results of removed experiments stay", () => {
  inFolder((dir) => {
    const same = {
      visitor: 1,
      tenMinutes: 1,
      variant: "b",
      value: 300,
      campaign: null,
      user: null,
      sequence: 0,
    } as const;
    const drawn: readonly Drawn[] = [
      { ...same, kind: "exposure" },
      { ...same, kind: "purchase", tenMinutes: 2 },
    ];
    storeIn(dir, [drawn.map(toEvent)]);
    const goals = [{ key: "sale", event: "purchase", value: null, windowHours: 1 }];
    const ledger = openProjectedLedger(
      { ...settings(dir), experiments: [{ ...experiment, goals }] },
      () => start,
    );
    assert.deepEqual(results(dir).outcomes, [["headline", "b", "sale", 1, 1, 0, 0]]);
    ledger.configure({ ...settings(dir), experiments: [] });
    assert.equal(results(dir).outcomes.length, 1);
    ledger.configure(settings(dir));
    ledger.close();
    assert.deepEqual(
      results(dir).outcomes.map((row) => row[2]),
      ["purchase", "visit"],
    );
  });
});

const storeIn = (dir: string, batches: readonly (readonly Event[])[]): void => {
  const ledger = openProjectedLedger(settings(dir), () => start);
  for (const batch of batches) {
    const lines = batch.map(bodyOf);
    ledger.append({ lines, keyTimes: batch.map((event) => event.timestamp_utc), rejects: [] });
  }
  ledger.close();
};

test("any order of arrival, any batches and any repeats give the same sessions, outcomes and counts", () => {
  fc.assert(
    fc.property(
      fc.array(drawnEvent, { minLength: 1, maxLength: 60 }).chain((drawn) => {
        const events = drawn.map(toEvent);
        return fc.record({
          events: fc.constant(events),
          shuffled: fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
          repeated: fc.subarray(events),
          size: fc.integer({ min: 1, max: 20 }),
        });
      }),
      ({ events, shuffled, repeated, size }) => {
        const inOrder = [...events].sort((a, b) => a.timestamp_utc - b.timestamp_utc);
        const arrived = [...shuffled, ...repeated];
        const batches: Event[][] = [];
        for (let i = 0; i < arrived.length; i += size) batches.push(arrived.slice(i, i + size));
        const first = inFolder((dir) => {
          storeIn(
            dir,
            inOrder.map((event) => [event]),
          );
          return results(dir);
        });
        const second = inFolder((dir) => {
          storeIn(dir, batches);
          return results(dir);
        });
        assert.deepEqual(second, first);
      },
    ),
    { numRuns: 60 },
  );
});

test("a rebuild of the experiments gives identical rows", () => {
  fc.assert(
    fc.property(fc.array(drawnEvent, { minLength: 1, maxLength: 60 }), (drawn) => {
      inFolder((dir) => {
        storeIn(dir, [drawn.map(toEvent)]);
        const live = results(dir);
        const ledger = openProjectedLedger(settings(dir), () => start);
        ledger.rebuildExperiments();
        ledger.close();
        assert.deepEqual(results(dir), live);
      });
    }),
    { numRuns: 60 },
  );
});

test("the view of outcomes shows people, people converted, the sum and the sum of squares of people's totals", () => {
  inFolder((dir) => {
    const at = (kind: string, visitor: number, more: object = {}): Drawn =>
      ({
        kind,
        visitor,
        tenMinutes: 1,
        variant: "b",
        value: 0,
        campaign: null,
        user: null,
        sequence: 0,
        ...more,
      }) as Drawn;
    const drawn = [
      at("exposure", 1),
      at("exposure", 2),
      at("purchase", 1, { tenMinutes: 2, value: 150 }),
      at("purchase", 1, { tenMinutes: 3, value: 50 }),
      at("purchase", 3, { value: 999 }),
    ];
    storeIn(dir, [drawn.map(toEvent)]);
    const purchase = results(dir).outcomes.filter((row) => row[2] === "purchase");
    assert.deepEqual(purchase, [["headline", "b", "purchase", 2, 1, 2, 4]]);
  });
});

test("a person who saw two variants is taken out, by his earlier outcomes too", () => {
  inFolder((dir) => {
    const at = (kind: string, tenMinutes: number, variant: string): Drawn =>
      ({
        kind,
        visitor: 1,
        tenMinutes,
        variant,
        value: 100,
        campaign: null,
        user: null,
        sequence: 0,
      }) as Drawn;
    storeIn(dir, [
      [at("exposure", 1, "b"), at("purchase", 2, "b"), at("exposure", 3, "control")].map(toEvent),
    ]);
    const { outcomes, subjects } = results(dir);
    assert.deepEqual(outcomes, []);
    assert.equal(subjects[0]?.at(-1), 1);
  });
});
