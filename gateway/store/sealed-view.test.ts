import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { newId } from "../model/ids.ts";
import { databaseFile } from "./database.ts";
import { documentForTest, eventForTest, noon, openTestFolder } from "./segments/test-folder.ts";

test("SQL finds an event once, wherever it lies, with the same columns and kinds of values", async () => {
  const folder = openTestFolder({ journalDays: 0, clock: () => noon + 60_000 });
  const rows = (sql: string) => [...folder.reader.query(sql).rows];
  const old = [
    eventForTest({ name: "purchase", value: 49.5, user_id: "ada", page_location: "https://shop.example/ü" }),
    eventForTest({
      name: "purchase",
      value: 7,
      property_id: "other",
      client_id: "visitor-2",
      bot: "crawler: x",
    }),
    documentForTest(),
  ];
  folder.store(old);
  const all = "SELECT * FROM events ORDER BY seq";
  const before = rows(all);
  assert.equal(before.length, 3);
  await folder.keeper.seal();
  assert.deepEqual(rows("SELECT count(*) FROM journal"), [[0]], "they lie in files alone");
  assert.deepEqual(rows(all), before);
  folder.store([eventForTest({ name: "purchase", value: 1 })]);
  assert.deepEqual(rows("SELECT count(*), count(DISTINCT id), sum(value) FROM events"), [[4, 4, 57.5]]);
  const people = "SELECT count(*), sum(value) FROM events WHERE bot IS NULL";
  assert.deepEqual(rows(people), [[3, 50.5]], "reports leave bots out");
  assert.deepEqual(
    rows("SELECT typeof(seq), typeof(received_at), typeof(timestamp_utc) FROM events LIMIT 1"),
    [["integer", "integer", "integer"]],
  );
  assert.deepEqual(
    rows("SELECT e.value FROM events e JOIN sites s ON s.id = e.property_id WHERE s.id = 'other'"),
    [[7]],
  );
  folder.close();
});

test("rows that are sealed and still in the journal are found once", async () => {
  const folder = openTestFolder({ journalDays: 8 });
  folder.store([eventForTest(), eventForTest()]);
  await folder.keeper.seal();
  folder.store([eventForTest()]);
  const [row] = [...folder.reader.query("SELECT count(*), count(DISTINCT id) FROM events").rows];
  assert.deepEqual(row, [3, 3]);
  folder.close();
});

test("who is being erased is in no answer from the first moment on", async () => {
  const folder = openTestFolder({ journalDays: 0, clock: () => noon + 60_000 });
  const visitor = newId();
  folder.store([eventForTest({ client_id: visitor }), eventForTest()]);
  await folder.keeper.seal();
  folder.store([documentForTest({ client_id: visitor }), eventForTest()]);
  const erasing = folder.keeper.erase({ column: "client_id", value: visitor, site: null });
  await Promise.resolve(); // the first step alone
  const rows = [...folder.reader.query("SELECT DISTINCT client_id FROM events").rows];
  assert.deepEqual(rows, [["visitor-1"]]);
  await erasing;
  folder.close();
});

test("a folder that an earlier version left is read before it is brought up to date", () => {
  const folder = openTestFolder();
  folder.store([eventForTest({ value: 3, bot: "script: x" })]);
  const db = new Database(databaseFile(folder.dir));
  db.exec(`DROP VIEW events; CREATE VIEW events AS SELECT seq, received_at, body ->> 0 AS id FROM journal`);
  db.close();
  assert.deepEqual([...folder.reader.query("SELECT value, bot FROM events").rows], [[3, "script: x"]]);
  folder.close();
});

test("nothing can be changed through it", () => {
  const folder = openTestFolder();
  for (const sql of ["DROP VIEW events", "DELETE FROM events", "CREATE TEMP TABLE t (a)"]) {
    assert.throws(() => folder.reader.query(sql), /^Error: sql: it would write/);
  }
  folder.close();
});
