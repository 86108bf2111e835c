import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type Event, eventColumns } from "../model/event.ts";
import { openDatabase } from "./database.ts";
import { journalColumns } from "./journal-columns.ts";
import { bodyOf, eventOf } from "./stored-event.ts";

const leading = {
  id: "018f0000-0000-7000-8000-000000000001",
  property_id: "main",
  tracking_protocol: "native",
  type: "page",
  name: "page_view",
  timestamp_utc: 1_700_000_000_000,
} as const;

test("every column of an event has a number in the journal, and no number stands for two", () => {
  const names = new Set(journalColumns);
  assert.equal(names.size, journalColumns.length);
  assert.deepEqual(
    eventColumns.map(({ name }) => name).filter((name) => !names.has(name)),
    [],
    "add what is missing to the end of journalColumns",
  );
});

test("numbers that files hold do not change", () => {
  const known = { received_at: 6, client_id: 9, page_location: 23, utm_source: 32, value: 60, problems: 139 };
  const now = Object.keys(known).map((name) => [name, journalColumns.indexOf(name)]);
  assert.deepEqual(Object.fromEntries(now), known);
});

test("an event comes back as it was written, whatever it holds", () => {
  const values = fc.dictionary(
    fc.constantFrom(
      ...eventColumns.map(({ name }) => name).filter((name) => !(name in leading)),
      "of_tomorrow",
    ),
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.jsonValue(),
    ),
  );
  fc.assert(
    fc.property(values, (others) => {
      const event = { ...leading, received_at: 1, ...others } as unknown as Event;
      const kept = Object.entries(event).filter(([, value]) => value !== null);
      assert.deepEqual(eventOf(bodyOf(event)), JSON.parse(JSON.stringify(Object.fromEntries(kept))));
    }),
  );
});

test("SQL reads an event's first columns by name", () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-events-"));
  const db = openDatabase(dir);
  const event = { ...leading, received_at: 5, client_id: "v", value: 2.5 } as unknown as Event;
  const add = db.prepare("INSERT INTO journal (seq, received_at, body) VALUES (?, 5, ?)");
  add.run(1, bodyOf(event));
  add.run(2, JSON.stringify(event));
  const { received_at: _, ...named } = event;
  const expected = { received_at: 5, ...named, user_id: null, page_location: null, bot: null };
  for (const row of db.prepare("SELECT * FROM events ORDER BY seq").all()) {
    const { seq: _seq, ...columns } = row as Record<string, unknown>;
    assert.deepEqual(columns, expected);
  }
  db.close();
  rmSync(dir, { recursive: true });
});

test("SQL tells bots from people by a column, whatever else an event holds", () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-events-"));
  const db = openDatabase(dir);
  const no = journalColumns.indexOf("bot");
  const plain = { ...leading, received_at: 1 } as unknown as Event;
  const bots = ["crawler: Googlebot", 'a "b"', "", "null", "ü💩"];
  // Values that look like the number of the column are no column.
  const decoys = { score: no, status: no, properties: { n: no, list: [no, no] }, client_time: no };
  const events = [
    plain,
    { ...plain, ...decoys },
    ...bots.flatMap((bot) => [
      { ...plain, bot },
      { ...plain, ...decoys, bot, of_tomorrow: no },
    ]),
  ];
  const add = db.prepare("INSERT INTO journal (received_at, body) VALUES (1, ?)");
  for (const event of events) {
    add.run(bodyOf(event));
    add.run(JSON.stringify(event));
  }
  const read = db.prepare("SELECT bot FROM events ORDER BY seq").pluck().all();
  assert.deepEqual(
    read,
    events.flatMap(({ bot = null }) => [bot, bot]),
  );
  db.close();
  rmSync(dir, { recursive: true });
});

test("a row of before, an object, is read as well", () => {
  const event = { ...leading, received_at: 5, value: 2 } as unknown as Event;
  assert.deepEqual(eventOf(JSON.stringify(event)), event);
});
