import assert from "node:assert/strict";
import { test } from "node:test";
import { createEndedSessions, type SessionFacts } from "./ended-sessions.ts";
import type { Event } from "./model/event.ts";

const start = Date.UTC(2026, 0, 1);

const setup = (sessionOf: (event: Event) => SessionFacts | null) => {
  let now = start;
  const lines: string[] = [];
  const sessions = createEndedSessions({
    idleMs: () => 10_000,
    sessionOf,
    print: (line) => lines.push(line),
    clock: () => now,
  });
  const pass = (ms: number) => {
    now += ms;
    sessions.look();
  };
  return { sessions, lines, pass };
};

const eventOf = (client: string | null, at = start): Event => ({
  id: "e",
  property_id: "main",
  tracking_protocol: "ga4_gtag",
  type: "page",
  name: "page_view",
  timestamp_utc: at,
  received_at: at,
  client_id: client,
});

const session = (lastAt: number): SessionFacts => ({
  id: "s",
  lastAt,
  events: 1,
  pageViews: 2,
  seconds: 3,
  source: "direct",
  medium: "none",
});

test("a session is told once, when its gap is over", () => {
  const { sessions, lines, pass } = setup(() => session(start));
  sessions.stored(eventOf("ag9"));
  pass(10_000);
  assert.deepEqual(lines, []);
  pass(500);
  assert.deepEqual(lines, ["00:00:00.000  session over  1 event, 2 page views, 3 s  …ag9  direct / none"]);
  sessions.stored(eventOf("ag9"));
  pass(20_000);
  assert.equal(lines.length, 1);
});

test("an event in between starts the gap again", () => {
  const { sessions, lines, pass } = setup(() => session(start + 6000));
  sessions.stored(eventOf("ag9"));
  pass(6000);
  sessions.stored(eventOf("ag9"));
  pass(6000);
  assert.deepEqual(lines, []);
  pass(6000);
  assert.equal(lines.length, 1);
});

test("what goes on under another visitor, and what is in no session, is not told", () => {
  const { sessions, lines, pass } = setup((event) =>
    event.client_id === "none" ? null : session(start + 10_000),
  );
  for (const client of ["a", "none", null]) sessions.stored(eventOf(client));
  pass(11_000);
  assert.deepEqual(lines, []);
});
