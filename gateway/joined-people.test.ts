/** Visitors that become one person, and one person that is taken apart: what the tables say, whatever came first. */
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
import { openProjectedLedger, type ProjectedLedger, type ProjectionSettings } from "./projected-ledger.ts";
import { openReader } from "./store/reader.ts";
import { createKeeper } from "./store/segments/keeper.ts";
import { bodyOf } from "./store/stored-event.ts";
import { people, readResults } from "./test-results.ts";

const experiment = makeExperiment({
  key: "headline",
  goals: [{ key: "purchase", event: "purchase", value: "value", windowHours: 3 }],
});

const settings = (dir: string): ProjectionSettings => ({
  dir,
  rejectsKept: 100,
  rejectDays: 30,
  sites: [{ id: "main", sessions: { ...testSite.sessions, maxHours: 4, maxEvents: 12, joinByStamp: true } }],
  experiments: [experiment],
});

const start = Date.UTC(2026, 0, 1);

const drawnEvent = fc.record({
  site: fc.constantFrom("main", "main", "main", "other"),
  visitor: fc.constantFrom(0, 1, 2, 3, 4, null),
  tenMinutes: fc.integer({ min: 0, max: 40 }),
  kind: fc.constantFrom("page_view", "page_view", "purchase", "exposure", "alias"),
  variant: fc.constantFrom("control", "b", "b", "b"),
  value: fc.integer({ min: -500, max: 500 }), // some give their money back
  campaign: fc.constantFrom(null, null, null, "spring", "summer"),
  user: fc.constantFrom(null, null, "ada", "bob", "eve", "admin"),
  claim: fc.constantFrom("page", "server", undefined),
  stamp: fc.constantFrom(undefined, undefined, undefined, "s1", "s2"),
  undo: fc.constantFrom(false, false, true),
});

type AnyDrawn = typeof drawnEvent extends fc.Arbitrary<infer T> ? T : never;
type Drawn = Omit<AnyDrawn, "site" | "visitor" | "user"> & {
  readonly site?: string;
  readonly visitor: number | null;
  readonly user: string | null;
};

const types = { page_view: "page", purchase: "outcome", exposure: "exposure", alias: "alias" } as const;

const toEvent = (drawn: Drawn, index: number): Event => ({
  id: hashedId([String(index), JSON.stringify(drawn)]),
  property_id: drawn.site ?? "main",
  tracking_protocol: "native",
  type: types[drawn.kind as keyof typeof types],
  name: drawn.kind,
  timestamp_utc: start + drawn.tenMinutes * 600_000,
  received_at: start,
  ...(drawn.visitor === null ? {} : { client_id: `visitor-${drawn.visitor}` }),
  ...(drawn.campaign === null ? {} : { utm_campaign: drawn.campaign }),
  ...(drawn.user === null ? {} : { user_id: drawn.user }),
  ...(drawn.claim === undefined ? {} : { user_claim: drawn.claim }),
  ...(drawn.stamp === undefined ? {} : { session_stamp: drawn.stamp }),
  ...(drawn.kind === "purchase" ? { value: drawn.value / 100 } : {}),
  ...(drawn.kind === "exposure" ? { experiment_id: "headline", variation_id: drawn.variant } : {}),
  ...(drawn.kind === "alias" ? { properties: { undo: drawn.undo, previousId: "cleo" } } : {}),
});

const inFolder = <T>(work: (dir: string) => T): T => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-people-"));
  try {
    return work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

const storeIn = (dir: string, batches: readonly (readonly Event[])[], slice = 1000): void => {
  const ledger = openProjectedLedger(settings(dir), () => start);
  for (const batch of batches) {
    const lines = batch.map(bodyOf);
    ledger.append({ lines, keyTimes: batch.map((event) => event.timestamp_utc), rejects: [] });
    ledger.follow(slice);
  }
  ledger.close();
};

const results = (dir: string) => {
  const reader = openReader(dir);
  const rows = (sql: string) => [...reader.query(sql).rows];
  const found = {
    persons: rows(`SELECT s.id, group_concat(client_id, '+' ORDER BY client_id) FROM visitors v
      JOIN sites s ON s.no = v.site GROUP BY ifnull(joined_to, v.no) ORDER BY 1, 2`),
    links:
      rows(`SELECT s.id AS site, kind, i.id, client_id, since, verified, undone, applied FROM identity_links
      JOIN identities i ON i.no = identity JOIN visitors v ON v.no = visitor JOIN sites s ON s.no = v.site
      ORDER BY 1, 2, 3, 4`),
    sessions:
      rows(`SELECT ${people}, started_at, session_id, site, ended_at, last_id, events, page_views, entry_page,
      exit_page, campaign, last_campaign, last_user_id, split_cause FROM sessions t ORDER BY 1, 2, 3`),
    events: rows(`SELECT ${people}, timestamp, body ->> 0 FROM person_events t JOIN journal USING (seq)
      ORDER BY 1, 2, 3`),
    ...readResults(reader),
    counters: rows("SELECT * FROM counters WHERE n <> 0 ORDER BY 1, 2"),
  };
  reader.close();
  return found;
};

/** Events in order of time one by one, and shuffled, in batches and with repeats, must leave the same. */
const sameInAnyOrder = (anyEvents: fc.Arbitrary<readonly Event[]>, numRuns: number): void => {
  const arrivals = anyEvents.chain((events) =>
    fc.record({
      events: fc.constant(events),
      shuffled: fc.shuffledSubarray([...events], { minLength: events.length, maxLength: events.length }),
      repeated: fc.subarray([...events]),
      size: fc.integer({ min: 1, max: 20 }),
      slice: fc.integer({ min: 1, max: 30 }),
    }),
  );
  fc.assert(
    fc.property(arrivals, ({ events, shuffled, repeated, size, slice }) => {
      const inOrder = events.toSorted((a, b) => a.timestamp_utc - b.timestamp_utc);
      const arrived = [...shuffled, ...repeated];
      const batches: Event[][] = [];
      for (let i = 0; i < arrived.length; i += size) batches.push(arrived.slice(i, i + size));
      const left = (given: readonly (readonly Event[])[], rows?: number) =>
        inFolder((dir) => {
          storeIn(dir, given, rows);
          return results(dir);
        });
      assert.deepEqual(left(batches, slice), left(inOrder.map((event) => [event])));
    }),
    { numRuns },
  );
};

test("any order of arrival, any batches and any repeats join the same visitors, with the same sessions and results", () => {
  sameInAnyOrder(
    fc.array(drawnEvent, { minLength: 1, maxLength: 50 }).map((drawn) => drawn.map(toEvent)),
    150,
  );
});

test("so they do where more visitors and users are claimed than can be one person", () => {
  const claim = fc.record({
    visitor: fc.integer({ min: 0, max: 25 }),
    user: fc.constantFrom("ada", "ada", "ada", "ada", "u1", "u2", "u3", "u4", "u5", "u6"),
    undo: fc.constantFrom(...Array.from({ length: 9 }, () => false), true),
    claim: fc.constantFrom("page", "page", "page", "page", "server"),
    tenMinutes: fc.integer({ min: 0, max: 40 }),
  });
  const crowd = fc.array(claim, { minLength: 40, maxLength: 80 }).map((claims) =>
    claims.map((one, i) =>
      toEvent(
        {
          ...one,
          claim: one.undo ? "server" : (one.claim as "page" | "server"),
          kind: one.undo ? "alias" : i % 5 === 0 ? "purchase" : i % 7 === 0 ? "exposure" : "page_view",
          variant: "b",
          value: 100,
          campaign: null,
          stamp: undefined,
        },
        i,
      ),
    ),
  );
  sameInAnyOrder(crowd, 40);
});

test("so they do where all that came before lies in sealed files alone", async () => {
  const anyEvents = fc.array(drawnEvent, { minLength: 20, maxLength: 50 }).map((drawn) => drawn.map(toEvent));
  await fc.assert(
    fc.asyncProperty(anyEvents, async (events) => {
      const third = Math.ceil(events.length / 3);
      const batches = [0, third, 2 * third].map((from) => events.slice(from, from + third));
      const kept = inFolder((dir) => {
        storeIn(dir, batches);
        return withoutEvents(results(dir));
      });
      const sealed = await storeSealed(batches);
      assert.deepEqual(sealed.live, kept);
      assert.deepEqual(sealed.rebuilt, kept, "and results that are worked out again");
    }),
    { numRuns: 2 }, // each seals three times, a child process a time
  );
});

/** Those of sealed events are in no table. */
const withoutEvents = ({ events: _, ...tables }: ReturnType<typeof results>) => tables;

/** What the tables hold where everything is sealed after each batch, and leaves the journal. */
const storeSealed = async (batches: readonly (readonly Event[])[]) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-people-"));
  const ledger = openProjectedLedger(settings(dir), () => start);
  const write = async (call: Parameters<typeof ledger.segments>[0]) => ledger.segments(call);
  const keeper = createKeeper({ dir, clock: () => start + 60_000, write, journalDays: 0, pinned: {} });
  for (const batch of batches) {
    const keyTimes = batch.map((event) => event.timestamp_utc);
    ledger.append({ lines: batch.map(bodyOf), keyTimes, rejects: [] });
    while (ledger.pending() > 0) await followAside(ledger);
    await keeper.seal();
  }
  const live = withoutEvents(results(dir));
  ledger.rebuildExperiments();
  const rebuilt = withoutEvents(results(dir));
  ledger.close();
  rmSync(dir, { recursive: true });
  return { live, rebuilt };
};

/** As the writer's thread does: what lies in files is read aside, and the step made again. */
const followAside = async (ledger: ProjectedLedger): Promise<void> => {
  const lacking = ledger.tryToFollow(7);
  if (lacking.length > 0) assert.ok(await ledger.readPast(lacking, new AbortController().signal));
};

test("a rebuild of the experiments reads people as they are joined now, and gives identical rows", () => {
  fc.assert(
    fc.property(fc.array(drawnEvent, { minLength: 1, maxLength: 50 }), (drawn) => {
      inFolder((dir) => {
        storeIn(dir, [drawn.map(toEvent)]);
        const live = results(dir);
        const ledger = openProjectedLedger(settings(dir), () => start);
        ledger.rebuildExperiments();
        ledger.close();
        assert.deepEqual(results(dir), live);
      });
    }),
    { numRuns: 40 },
  );
});
