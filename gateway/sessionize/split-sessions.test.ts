import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Session, SessionEvent } from "../model/session.ts";
import { anyEvents, anyRules, makeEvent, makeRules } from "./fake-events.ts";
import {
  compareEvents,
  extendSession,
  sortsAfter,
  splitCause,
  splitSessions,
  startSession,
} from "./split-sessions.ts";

const minute = 60_000;

const split = (events: readonly SessionEvent[], rules = makeRules({})) =>
  splitSessions(events, rules).map((s) => [s.id, s.events, s.splitCause]);

test("a gap of exactly the idle window goes on, a millisecond more starts a new session", () => {
  assert.deepEqual(split([makeEvent("a", 0), makeEvent("b", 30 * minute)]), [["a", 2, null]]);
  assert.deepEqual(split([makeEvent("a", 0), makeEvent("b", 30 * minute + 1)]), [
    ["a", 1, null],
    ["b", 1, "idle"],
  ]);
});

test("the idle window may be a fraction of a minute", () => {
  const rules = makeRules({ idleMinutes: 1 / 6 });
  assert.deepEqual(split([makeEvent("a", 0), makeEvent("b", 10_000), makeEvent("c", 20_001)], rules), [
    ["a", 2, null],
    ["c", 1, "idle"],
  ]);
});

test("another campaign or user starts a new session; silence and a value learnt on the way do not", () => {
  const campaigns = [null, "spring", null, "spring", "autumn"].map((campaign, i) =>
    makeEvent(`c${i}`, i, { campaign }),
  );
  assert.deepEqual(split(campaigns), [
    ["c0", 4, null],
    ["c4", 1, "campaign"],
  ]);
  const users = [null, "ann", null, "ann", "bob"].map((userId, i) => makeEvent(`u${i}`, i, { userId }));
  assert.deepEqual(split(users), [
    ["u0", 4, null],
    ["u4", 1, "user"],
  ]);
});

test("a new session forgets the campaign and user of the one before", () => {
  const events = [
    makeEvent("a", 0, { campaign: "spring", userId: "ann" }),
    makeEvent("b", 1, { userId: "bob" }),
    makeEvent("c", 2, { campaign: "autumn" }),
  ];
  assert.deepEqual(split(events), [
    ["a", 1, null],
    ["b", 2, "user"],
  ]);
});

test("campaign and user splits can be switched off", () => {
  const events = [
    makeEvent("a", 0, { campaign: "spring", userId: "ann" }),
    makeEvent("b", 1, { campaign: "autumn", userId: "bob" }),
  ];
  const rules = makeRules({ splitOnCampaign: false, splitOnUser: false });
  assert.deepEqual(split(events, rules), [["a", 2, null]]);
});

test("an event at the longest duration starts a new session, one just before does not", () => {
  const rules = makeRules({ idleMinutes: 1000, maxHours: 12 });
  const day = 12 * 60 * minute;
  const events = [makeEvent("a", 0), makeEvent("b", day - 1), makeEvent("c", day)];
  assert.deepEqual(split(events, rules), [
    ["a", 2, null],
    ["c", 1, "max_hours"],
  ]);
});

test("a session holds at most the set number of events", () => {
  const events = ["a", "b", "c", "d", "e"].map((id, i) => makeEvent(id, i));
  assert.deepEqual(split(events, makeRules({ maxEvents: 2 })), [
    ["a", 2, null],
    ["c", 2, "max_events"],
    ["e", 1, "max_events"],
  ]);
});

test("entry and exit are the first and last page viewed, the source is the first event's", () => {
  const events = [
    makeEvent("a", 0, { name: "log", page: "/hidden", source: "news", medium: "mail", referrer: "r" }),
    makeEvent("b", 1, { name: "page_view", page: "/in" }),
    makeEvent("c", 2, { name: "page_view", page: null, campaign: "spring", source: "other" }),
    makeEvent("d", 3, { name: "page_view", page: "/out" }),
    makeEvent("e", 4, { name: "purchase", page: "/thanks" }),
  ];
  assert.deepEqual(splitSessions(events, makeRules({})), [
    {
      id: "a",
      startedAt: 0,
      endedAt: 4,
      lastSequence: 0,
      lastId: "e",
      events: 5,
      pageViews: 3,
      entryPage: "/in",
      exitPage: "/out",
      source: "news",
      medium: "mail",
      campaign: "spring",
      lastCampaign: "spring",
      lastUserId: null,
      referrer: "r",
      splitCause: null,
    },
  ]);
  const [viewed] = splitSessions(events.slice(1), makeRules({}));
  assert.deepEqual([viewed?.pageViews, viewed?.entryPage, viewed?.exitPage], [3, "/in", "/out"]);
});

test("equal times are ordered by the client's count, then by id", () => {
  const events = [
    makeEvent("b", 5, { sequence: 2 }),
    makeEvent("c", 5, { sequence: 1 }),
    makeEvent("a", 5, { sequence: 2 }),
    makeEvent("z", 4, { sequence: 9 }),
  ];
  assert.deepEqual(
    events.toSorted(compareEvents).map((e) => e.id),
    ["z", "c", "a", "b"],
  );
  const [session] = splitSessions([makeEvent("m", 5, { sequence: 2 })], makeRules({}));
  assert.ok(session);
  assert.equal(sortsAfter(session, makeEvent("m", 5, { sequence: 2 })), false, "itself is not after itself");
  assert.equal(sortsAfter(session, makeEvent("n", 5, { sequence: 2 })), true);
  assert.equal(sortsAfter(session, makeEvent("z", 5, { sequence: 1 })), false);
});

test("no events make no sessions", () => {
  assert.deepEqual(splitSessions([], makeRules({})), []);
});

test("one event at a time through the fast path gives what splitting all at once gives", () => {
  fc.assert(
    fc.property(anyEvents, anyRules, (events, rules) => {
      const sorted = events.toSorted(compareEvents);
      const sessions: Session[] = [];
      for (const event of sorted) {
        const last = sessions.at(-1);
        assert.ok(!last || sortsAfter(last, event));
        const longer = last ? extendSession(last, event, rules) : null;
        if (longer) sessions[sessions.length - 1] = longer;
        else sessions.push(startSession(event, last ? splitCause(last, event, rules) : null));
      }
      assert.deepEqual(sessions, splitSessions(sorted, rules));
    }),
    { numRuns: 500 },
  );
});

test("a session is a function of its own events alone", () => {
  fc.assert(
    fc.property(anyEvents, anyRules, (events, rules) => {
      const sorted = events.toSorted(compareEvents);
      let taken = 0;
      for (const session of splitSessions(sorted, rules)) {
        const own = sorted.slice(taken, taken + session.events);
        taken += session.events;
        assert.deepEqual(splitSessions(own, rules), [{ ...session, splitCause: null }]);
      }
      assert.equal(taken, sorted.length);
    }),
    { numRuns: 300 },
  );
});
