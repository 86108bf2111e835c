import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openLedgerForTest } from "../commands/run-for-test.ts";
import { databaseFile } from "./database.ts";
import { openReader } from "./reader.ts";
import { createKeeper } from "./segments/keeper.ts";
import { eventForTest, noon } from "./segments/test-folder.ts";

const dayMs = 86_400_000;
const names = ["one", "two", "three", "four", "five", "six"];

/** Six events of a visitor in sealed files, the last four in the journal, too. */
const openFolder = async (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-dropped-"));
  const ledger = openLedgerForTest(dir);
  const write = async (call: Parameters<typeof ledger.segments>[0]) => ledger.segments(call);
  const keeper = createKeeper({ dir, clock: () => noon + 60_000, write, journalDays: 8, pinned: {} });
  const events = names.map((name, i) => {
    const at = i < 2 ? noon - 9 * dayMs + i : noon + i;
    return eventForTest({ name, timestamp_utc: at, received_at: at });
  });
  ledger.append({
    lines: events.map((event) => JSON.stringify(event)),
    keyTimes: events.map((event) => event.timestamp_utc),
    rejects: [],
  });
  while (ledger.pending() > 0) ledger.follow(1000);
  await keeper.seal();
  const reader = openReader(dir, { sealed: "wait" });
  assert.deepEqual([...reader.query("SELECT count(*), min(seq) FROM journal").rows], [[4, 3]]);
  t.after(() => {
    reader.close();
    ledger.close();
    rmSync(dir, { recursive: true });
  });
  return { dir, reader, events };
};

/** Takes two more rows out of the journal, as the gateway does, as soon as the child begins to read files. */
const dropAtChild = (t: TestContext, dir: string): void => {
  const drop = join(dir, "drop.mjs");
  writeFileSync(
    drop,
    `import Database from ${JSON.stringify(import.meta.resolve("better-sqlite3"))};
     const db = new Database(${JSON.stringify(databaseFile(dir))});
     db.exec(\`BEGIN; UPDATE sealing SET dropped = 4, dropped_until = ${noon + 3}; DELETE FROM journal WHERE seq <= 4;
       DELETE FROM person_events WHERE seq <= 4; COMMIT\`);`,
  );
  const { execPath } = process;
  const program = join(dir, "node.sh");
  writeFileSync(program, `#!/bin/sh\n"${execPath}" "${drop}" && exec "${execPath}" "$@"\n`, { mode: 0o700 });
  process.execPath = program;
  t.after(() => {
    process.execPath = execPath;
  });
};

test("events that leave the journal while files are read are in the page", async (t) => {
  const { dir, reader } = await openFolder(t);
  dropAtChild(t, dir);
  assert.deepEqual(
    reader.read(0, 100).map(({ event }) => event.name),
    names,
  );
});

test("events that leave the journal while files are read are among those of their person", async (t) => {
  const { dir, reader, events } = await openFolder(t);
  const [first] = events;
  const person = (first && reader.people.who(first)?.person) ?? 0;
  dropAtChild(t, dir);
  const span = { person, site: "main", fromAt: noon - 10 * dayMs, toAt: noon + 10 };
  const [found = []] = reader.people.events([span]);
  assert.deepEqual(found.map(({ name }) => name).sort(), [...names].sort());
});
