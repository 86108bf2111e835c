import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Session, SessionEvent } from "../model/session.ts";
import type { SessionRules } from "../model/site.ts";
import { anyEvents, anyRules, makeEvent, makeRules } from "./fake-events.ts";
import { inOrder } from "./in-order.ts";
import { affectedFrom, mergeLate, type SessionChange } from "./merge-late.ts";
import {
  compareEvents,
  extendSession,
  sortsAfter,
  splitCause,
  splitSessions,
  startSession,
} from "./split-sessions.ts";

const minute = 60_000;

/** A store of one person: whole batches become readable first, then each event is applied. */
const createStore = (rules: SessionRules) => {
  const stored = new Map<string, SessionEvent>();
  let sessions: readonly Session[] = [];
  const loadEvents = (from: number) =>
    [...stored.values()].filter((e) => e.at >= from).sort((a, b) => a.at - b.at);

  const apply = (event: SessionEvent): void => {
    const last = sessions.at(-1);
    if (!last) sessions = [startSession(event, null)];
    else if (!sortsAfter(last, event)) change(mergeLate(sessions, loadEvents, event.at, rules));
    else {
      const longer = extendSession(last, event, rules);
      if (longer) sessions = [...sessions.slice(0, -1), longer];
      else sessions = [...sessions, startSession(event, splitCause(last, event, rules))];
    }
  };

  const change = ({ removeFrom, remove, insert }: SessionChange): void => {
    const gone = new Set(remove.map((s) => s.id));
    assert.equal(
      sessions.filter((s) => gone.has(s.id)).length,
      remove.length,
      "only what is there is removed",
    );
    for (const session of insert) assert.ok(session.endedAt >= removeFrom || gone.has(session.id));
    sessions = [...sessions.filter((s) => !gone.has(s.id)), ...insert].sort(bySession);
    assert.equal(new Set(sessions.map((s) => s.id)).size, sessions.length, "an id is a key");
  };

  return {
    receive(batch: readonly SessionEvent[]) {
      const fresh = batch.filter((e) => !stored.has(e.id));
      for (const event of fresh) stored.set(event.id, event);
      for (const event of fresh) apply(event);
    },
    sessions: () => sessions,
  };
};

/** Takes a whole batch in order of time, and leaves out what a call before has settled. */
const createBatchStore = (rules: SessionRules) => {
  const stored = new Map<string, SessionEvent>();
  let sessions: readonly Session[] = [];
  return {
    receive(batch: readonly SessionEvent[]) {
      for (const event of batch) stored.set(event.id, event);
      const all = [...stored.values()].sort(compareEvents);
      let settled = Number.NEGATIVE_INFINITY;
      for (const { at } of batch.toSorted(compareEvents)) {
        if (at < settled) continue;
        const change = mergeLate(sessions, (from) => all.filter((e) => e.at >= from), at, rules);
        const gone = new Set(change.remove);
        sessions = [...sessions.filter((s) => !gone.has(s)), ...change.insert].sort(bySession);
        settled = change.settledBefore;
      }
    },
    sessions: () => sessions,
  };
};

const bySession = (a: Session, b: Session): number =>
  a.startedAt - b.startedAt ||
  a.endedAt - b.endedAt ||
  a.lastSequence - b.lastSequence ||
  (a.lastId < b.lastId ? -1 : 1);

const anyBatches = (events: readonly SessionEvent[]) =>
  fc.record({
    order: fc.shuffledSubarray([...events], { minLength: events.length }),
    again: fc.subarray([...events]),
    size: fc.integer({ min: 1, max: 8 }),
  });

test("any order of arrival, any batch size and duplicates give equal sessions", () => {
  const arrivals = anyEvents.chain((events) => fc.tuple(fc.constant(events), anyBatches(events)));
  fc.assert(
    fc.property(arrivals, anyRules, ([events, { order, again, size }], rules) => {
      const store = createStore(rules);
      const arriving = [...order, ...again];
      for (let i = 0; i < arriving.length; i += size) store.receive(arriving.slice(i, i + size));
      assert.deepEqual(store.sessions(), splitSessions(events.toSorted(compareEvents), rules));
    }),
    { numRuns: 2000 },
  );
});

test("what one call has settled needs no call of its own", () => {
  const arrivals = anyEvents.chain((events) => fc.tuple(fc.constant(events), anyBatches(events)));
  fc.assert(
    fc.property(arrivals, anyRules, ([events, { order, again, size }], rules) => {
      const store = createBatchStore(rules);
      const arriving = [...order, ...again];
      for (let i = 0; i < arriving.length; i += size) store.receive(arriving.slice(i, i + size));
      assert.deepEqual(store.sessions(), splitSessions(events.toSorted(compareEvents), rules));
    }),
    { numRuns: 1000 },
  );
});

test("sessions are right after every batch, not only at the end", () => {
  const arrivals = anyEvents.chain((events) =>
    fc.shuffledSubarray([...events], { minLength: events.length }),
  );
  fc.assert(
    fc.property(arrivals, anyRules, (arriving, rules) => {
      const store = createStore(rules);
      for (let i = 0; i < arriving.length; i++) {
        store.receive(arriving.slice(i, i + 1));
        const seen = arriving.slice(0, i + 1).toSorted(compareEvents);
        assert.deepEqual(store.sessions(), splitSessions(seen, rules));
      }
    }),
    { numRuns: 300 },
  );
});

test("a late event is recomputed from the session it falls in, or that ends within the idle window", () => {
  const rules = makeRules({});
  const sessions = splitSessions(
    [makeEvent("a", 0), makeEvent("b", 10 * minute), makeEvent("c", 100 * minute)],
    rules,
  );
  for (const [at, from] of [
    [5 * minute, 0],
    [40 * minute, 0],
    [40 * minute + 1, 40 * minute + 1],
    [100 * minute, 100 * minute],
    [120 * minute, 100 * minute],
    [-5, -5],
  ] as const) {
    assert.equal(affectedFrom(sessions, at, rules), from, `an event at ${at}`);
  }
  assert.equal(affectedFrom([], 7, rules), 7);
});

test("events are read only until the new sessions meet the old ones", () => {
  const rules = makeRules({});
  const hourly = Array.from({ length: 100 }, (_, i) => makeEvent(`e${i}`, i * 60 * minute));
  const sessions = splitSessions(hourly, rules);
  const late = makeEvent("late", 50 * 60 * minute + 1);
  const all = [...hourly, late].sort(compareEvents);
  let read = 0;
  const change = mergeLate(
    sessions,
    function* (from) {
      for (const event of all.filter((e) => e.at >= from)) {
        read++;
        yield event;
      }
    },
    late.at,
    rules,
  );
  assert.equal(read, 4, "its session's two events, the first of the next, and one ahead");
  assert.equal(change.removeFrom, 50 * 60 * minute);
  assert.deepEqual(
    change.remove.map((s) => s.id),
    ["e50"],
  );
  assert.deepEqual(
    change.insert.map((s) => [s.id, s.events]),
    [["e50", 2]],
  );
});

test("a late event that closes an idle gap changes the reason of the session after it", () => {
  const rules = makeRules({});
  const first = makeEvent("a", 0, { campaign: "spring" });
  const second = makeEvent("b", 50 * minute, { campaign: "autumn" });
  const late = makeEvent("m", 25 * minute);
  const change = mergeLate(
    splitSessions([first, second], rules),
    () => [first, late, second],
    late.at,
    rules,
  );
  assert.deepEqual(
    change.insert.map((s) => [s.id, s.events, s.splitCause]),
    [
      ["a", 2, null],
      ["b", 1, "campaign"],
    ],
  );
});

test("events of one millisecond are read in the client's order, however they are loaded", () => {
  const events = [
    makeEvent("c", 1, { sequence: 1 }),
    makeEvent("b", 1, { sequence: 3 }),
    makeEvent("a", 1, { sequence: 2 }),
    makeEvent("d", 2),
  ];
  assert.deepEqual(
    [...inOrder(events)].map((e) => e.id),
    ["c", "a", "b", "d"],
  );
  assert.deepEqual([...inOrder([])], []);
});

test("a late event before everything takes the first session's place", () => {
  const rules = makeRules({});
  const first = makeEvent("b", 100 * minute);
  const late = makeEvent("a", 0);
  const change = mergeLate(splitSessions([first], rules), () => [late, first], late.at, rules);
  assert.deepEqual(
    change.insert.map((s) => [s.id, s.splitCause]),
    [
      ["a", null],
      ["b", "idle"],
    ],
  );
});
