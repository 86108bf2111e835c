import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Event } from "../model/event.ts";
import type { CounterTable, SessionTable } from "../model/projection.ts";
import type { Session, SessionEvent } from "../model/session.ts";
import { anyEvents, anyRules } from "./fake-events.ts";
import { createSessionProjection } from "./projection.ts";
import { compareEvents, splitSessions } from "./split-sessions.ts";

/** A table of sessions in memory that is as strict as one with keys, and the events it reads. */
const createTables = () => {
  const stored: Event[] = [];
  let rows: readonly Session[] = [];
  const counted = new Map<string, number>();
  const sessions: SessionTable = {
    last: () => rows.at(-1) ?? null,
    list: () => rows,
    put(_person, _site, session) {
      rows = [...rows.filter((row) => row.id !== session.id), session].sort(inTime);
    },
    replace(_person, _site, gone, come) {
      const ids = new Set(gone.map((session) => session.id));
      rows = [...rows.filter((row) => !ids.has(row.id)), ...come].sort(inTime);
      assert.equal(new Set(rows.map((row) => row.id)).size, rows.length, "an id is a key");
    },
    events: (_person, fromAt) =>
      stored
        .filter((event) => event.timestamp_utc >= fromAt)
        .sort((a, b) => a.timestamp_utc - b.timestamp_utc),
  };
  const counters: CounterTable = {
    add: (_site, name, n) => void counted.set(name, (counted.get(name) ?? 0) + n),
  };
  return { stored, sessions, counters, counted };
};

const inTime = (a: Session, b: Session): number =>
  a.startedAt - b.startedAt ||
  a.endedAt - b.endedAt ||
  a.lastSequence - b.lastSequence ||
  (a.lastId < b.lastId ? -1 : 1);

const toEvent = (event: SessionEvent): Event => ({
  id: event.id,
  property_id: "main",
  tracking_protocol: "native",
  type: "track",
  name: event.name,
  timestamp_utc: event.at,
  received_at: event.at,
  client_id: "v1",
  sequence: event.sequence,
  user_id: event.userId,
  utm_campaign: event.campaign,
  utm_source: event.source,
  utm_medium: event.medium,
  page_referrer: event.referrer,
  page_location: event.page,
});

const anyArrival = anyEvents.chain((events) =>
  fc.record({
    arriving: fc.shuffledSubarray([...events], { minLength: events.length }),
    size: fc.integer({ min: 1, max: 20 }),
  }),
);

test("batches in any order of arrival leave the sessions, and their number, that all events make at once", () => {
  fc.assert(
    fc.property(anyArrival, anyRules, ({ arriving, size }, rules) => {
      const { stored, sessions, counters, counted } = createTables();
      const projection = createSessionProjection({ sessions, counters }, () => rules);
      arriving.forEach((one, i) => {
        const event = toEvent(one);
        stored.push(event);
        projection.apply({ seq: i + 1, event, person: 1 });
        if ((i + 1) % size === 0) projection.flush();
      });
      projection.flush();
      const expected = splitSessions(arriving.toSorted(compareEvents), rules);
      assert.deepEqual(sessions.list(1), expected);
      assert.equal(counted.get("sessions") ?? 0, expected.length);
      assert.equal(counted.get("visitors") ?? 0, Math.min(expected.length, 1));
    }),
    { numRuns: 1000 },
  );
});
