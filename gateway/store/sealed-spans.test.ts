import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openLedgerForTest } from "../commands/run-for-test.ts";
import type { Event } from "../model/event.ts";
import { openReader } from "./reader.ts";
import { createKeeper } from "./segments/keeper.ts";
import { documentForTest, eventForTest, noon } from "./segments/test-folder.ts";

test("a person's events are found in sealed files, those of a user without a visitor among them", async () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-spans-"));
  const ledger = openLedgerForTest(dir);
  const write = async (call: Parameters<typeof ledger.segments>[0]) => ledger.segments(call);
  const keeper = createKeeper({ dir, clock: () => noon + 60_000, write, journalDays: 0, pinned: {} });
  const server = (at: number, change: Partial<Event>): Event =>
    eventForTest({ client_id: null, timestamp_utc: noon + at, user_id: "ada", ...change });
  const events = [
    server(1, { name: "renewal", user_claim: "server" }),
    server(2, { name: "no claim" }),
    eventForTest({ name: "login", user_id: "ada", user_claim: "page", timestamp_utc: noon + 3 }),
    server(4, { name: "of another", user_id: "bob", user_claim: "server" }),
    documentForTest({ client_id: "visitor-1" }),
  ];
  ledger.append({
    lines: events.map((event) => JSON.stringify(event)),
    keyTimes: events.map((event) => event.timestamp_utc),
    rejects: [],
  });
  while (ledger.pending() > 0) ledger.follow(1000);
  const reader = openReader(dir, { sealed: "wait" });
  const who = reader.people.who(events[2] as Event);
  const names = () =>
    reader.people
      .events([{ person: who?.person ?? 0, site: "main", fromAt: noon, toAt: noon + 10 }])
      .map((found) => found.map(({ name }) => name).sort());
  assert.deepEqual(names(), [["login", "renewal"]]);
  await keeper.seal();
  assert.deepEqual([...reader.query("SELECT count(*) FROM journal").rows], [[0]]);
  assert.deepEqual(names(), [["login", "renewal"]]);
  reader.close();
  ledger.close();
  rmSync(dir, { recursive: true });
});
