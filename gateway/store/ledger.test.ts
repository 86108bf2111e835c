import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { Event } from "../model/event.ts";
import { derivedId, newId, uuidTime } from "../model/ids.ts";
import { openDatabase } from "./database.ts";
import { keyLifeMs } from "./journal.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { openReader } from "./reader.ts";
import { noRebuild } from "./segments/test-folder.ts";

let dir: string;
let now = Date.UTC(2026, 0, 10);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-store-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const nothingFollows = {
  projections: () => [],
  experimentRebuild: () => noRebuild,
  definitions: () => new Map<string, string>(),
};

const open = (): Ledger =>
  openLedger({ dir, clock: () => now, rejectsKept: 3, rejectDays: 30, ...nothingFollows });

const event = (id: string, more: Partial<Event> = {}): Event => ({
  id,
  property_id: "main",
  tracking_protocol: "native",
  type: "track",
  name: "click",
  timestamp_utc: now,
  received_at: now,
  client_id: "v1",
  ...more,
});

const append = (ledger: Ledger, events: readonly Event[], keyTimes: readonly (number | null)[]) =>
  ledger.append({ lines: events.map((e) => JSON.stringify(e)), keyTimes, rejects: [] });

const storedIds = (): string[] => {
  const reader = openReader(dir);
  const ids = reader.read(0, 100).map((stored) => stored.event.id);
  reader.close();
  return ids;
};

test("an event is stored once, however often and in whatever batch it comes", () => {
  const ledger = open();
  const [a, b] = [newId(), newId()];
  const first = append(ledger, [event(a), event(b), event(a)], [uuidTime(a), uuidTime(b), uuidTime(a)]);
  const second = append(ledger, [event(b)], [uuidTime(b)]);
  ledger.close();
  assert.deepEqual([first, second], [[2], [0]]);
  assert.deepEqual(storedIds(), [a, b]);
});

test("an id without a time is stored once as well", () => {
  const ledger = open();
  const id = "0b0b0b0b-1111-4222-8333-444455556666";
  append(ledger, [event(id)], [null]);
  const again = append(ledger, [event(id)], [null]);
  ledger.close();
  assert.deepEqual(again, [0]);
  assert.deepEqual(storedIds(), [id]);
});

test("the same id in two sites is two events", () => {
  const ledger = open();
  const id = newId();
  append(ledger, [event(id), event(id, { property_id: "other" })], [1, 1]);
  ledger.close();
  assert.equal(storedIds().length, 2);
});

test("keys outlive their rows by days, and are forgotten after", () => {
  const ledger = open();
  const id = newId();
  append(ledger, [event(id)], [now]);
  ledger.follow(10);
  now += keyLifeMs - 1;
  ledger.prune();
  assert.deepEqual(append(ledger, [event(id)], [now - keyLifeMs + 1]), [0]);
  now += 2;
  ledger.prune();
  ledger.close();
  const reader = openReader(dir);
  assert.deepEqual([...reader.query("SELECT count(*) FROM seen").rows], [[0]]);
  reader.close();
});

test("a row that a projection refuses is stored and named, and its neighbours are counted", () => {
  const ledger = open();
  const [a, bad, b] = [newId(), newId(), newId()];
  const wrong = event(bad, { client_id: { not: "text" } as unknown as string });
  append(ledger, [event(a), wrong, event(b)], [1, 2, 3]);
  ledger.close();
  assert.deepEqual(storedIds(), [a, bad, b]);
  const reader = openReader(dir);
  assert.match(
    String([...reader.query("SELECT reason FROM rejects").rows][0]?.[0]),
    /^store: stored, but not counted/,
  );
  assert.deepEqual([...reader.query("SELECT count(*) FROM person_events").rows], [[2]]);
  reader.close();
});

test("after a crash the keys and the projections go on where they were, nothing twice", () => {
  const crashed = open();
  const [a, b] = [newId(), newId()];
  append(crashed, [event(a)], [1]);
  crashed.follow(10);
  append(crashed, [event(b)], [null]); // in the journal, and nowhere else yet
  const next = open();
  assert.deepEqual(append(next, [event(a), event(b)], [1, null]), [0, 1]);
  next.close();
  assert.deepEqual(storedIds(), [a, b]);
  const reader = openReader(dir);
  assert.deepEqual([...reader.query("SELECT count(*) FROM person_events").rows], [[2]]);
  assert.deepEqual([...reader.query("SELECT n FROM counters WHERE counter = 'events'").rows], [[2]]);
  reader.close();
});

test("a sequence is never given twice, across restarts and removed rows", () => {
  const first = open();
  append(first, [event(newId()), event(newId())], [1, 2]);
  first.close();
  const second = open();
  append(second, [event(newId())], [3]);
  second.close();
  const seqs = (): number[] => {
    const reader = openReader(dir);
    const read = reader.read(0, 10).map(({ seq }) => seq);
    reader.close();
    return read;
  };
  assert.deepEqual(seqs(), [1, 2, 3]);
  const db = openDatabase(dir);
  db.prepare("DELETE FROM journal").run();
  db.close();
  const third = open();
  append(third, [event(newId())], [4]);
  third.close();
  assert.deepEqual(seqs(), [4]);
});

test("rejects are bounded in number", () => {
  const ledger = open();
  const reject = {
    site: "main",
    receivedAt: now,
    method: "POST",
    path: "/",
    reason: "not JSON",
    sample: "x",
  };
  ledger.append({ lines: [], keyTimes: [], rejects: Array.from({ length: 10 }, () => reject) });
  ledger.prune();
  ledger.close();
  const reader = openReader(dir);
  assert.deepEqual([...reader.query("SELECT count(*) FROM rejects").rows], [[3]]);
  reader.close();
});

test("rejects go after the set days", () => {
  const ledger = open();
  const days = (n: number) => now - n * 86_400_000;
  ledger.append({
    lines: [],
    keyTimes: [],
    rejects: [days(30) - 1, days(30), days(29)].map((receivedAt) => ({
      site: "main",
      receivedAt,
      method: "POST",
      path: "/",
      reason: "not JSON",
      sample: "x",
    })),
  });
  ledger.prune();
  ledger.close();
  const reader = openReader(dir);
  assert.deepEqual(
    [...reader.query("SELECT received_at FROM rejects ORDER BY 1").rows],
    [[days(30)], [days(29)]],
  );
  reader.close();
});

test("tokens are kept as hashes, under one name each", () => {
  const ledger = open();
  const ci = { name: "ci", role: "read", sites: ["shop", "blog"] } as const;
  const token = ledger.createToken(ci);
  assert.throws(() => ledger.createToken({ ...ci, sites: null }), /token: ci exists already/);
  ledger.createToken({ name: "all", role: "admin", sites: null });
  assert.deepEqual(
    ledger.listTokens().map(({ created: _, ...kept }) => kept),
    [{ name: "all", role: "admin", sites: null }, ci],
    "of one moment, by name",
  );
  assert.equal(ledger.revokeToken("ci"), true);
  assert.equal(ledger.revokeToken("ci"), false);
  ledger.close();
  assert.match(token, /^tp_[\w-]{32}$/);
});

test("an event is known again when its time has come into the window of key times, or gone out of it", () => {
  const ledger = open();
  const hourMs = 3_600_000;
  const ahead = derivedId(now + 25 * hourMs, "ahead");
  const old = "7f2f6b0e-3c1f-4d5e-9a51-0d8a5a3a9c11";
  append(ledger, [event(ahead), event(old)], [null, now - 167 * hourMs]);
  while (ledger.pending() > 0) ledger.follow(100);
  const again = append(ledger, [event(ahead), event(old)], [now + 25 * hourMs, null]);
  assert.equal(again.length, 2);
  const later = append(
    ledger,
    [event(derivedId(now, "other")), event("8f2f6b0e-3c1f-4d5e-9a51-0d8a5a3a9c11")],
    [now, null],
  );
  assert.equal(later.length, 0);
  ledger.close();
});

test("so it is before the index has its keys: in one batch, in the next, and after a crash between them", () => {
  const hourMs = 3_600_000;
  const [came, went] = [[null, now + 25 * hourMs] as const, [now - 167 * hourMs, null] as const];
  const ids = [0, 1].map((n) => [derivedId(now + 25 * hourMs, `ahead ${n}`), newId()] as const);
  const [[aheadA, oldA], [aheadB, oldB]] = ids as [(typeof ids)[0], (typeof ids)[0]];
  const ledger = open();
  const inOne = append(
    ledger,
    [event(aheadA), event(oldA), event(aheadA), event(oldA)],
    [came[0], went[0], came[1], went[1]],
  );
  append(ledger, [event(aheadB), event(oldB)], [came[0], went[0]]);
  const inNext = append(ledger, [event(aheadB), event(oldB)], [came[1], went[1]]);
  const begunAgain = open(); // as after a crash: the first was not closed
  const afterCrash = append(begunAgain, [event(aheadA), event(oldA)], [came[1], went[1]]);
  while (begunAgain.pending() > 0) begunAgain.follow(100);
  const indexed = append(begunAgain, [event(aheadA), event(oldA)], [came[1], went[1]]);
  begunAgain.close();
  assert.deepEqual(
    { inOne, inNext, afterCrash, indexed },
    { inOne: [2, 3], inNext: [0, 1], afterCrash: [0, 1], indexed: [0, 1] },
  );
});
