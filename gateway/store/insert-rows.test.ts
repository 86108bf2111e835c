import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openDatabase } from "./database.ts";
import { insertRows } from "./insert-rows.ts";
import { createPersonEvents } from "./person-events.ts";

const open = (t: TestContext) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-rows-"));
  const db = openDatabase(dir);
  t.after(() => {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const rows = () =>
    db.prepare("SELECT person, timestamp, seq FROM person_events ORDER BY 1, 2, 3").raw().all();
  return { db, rows };
};

const numbered = (count: number): number[][] =>
  Array.from({ length: count }, (_, i) => [i >> 2, 1000 + i, i]);

test("any number of rows is written, each once", (t) => {
  const { db, rows } = open(t);
  const insert = insertRows(db, "FAIL", "person_events", ["person", "timestamp", "seq"]);
  for (const count of [0, 1, 15, 16, 17, 100]) {
    insert(numbered(count).flat());
    assert.deepEqual(rows(), numbered(count));
    db.exec("DELETE FROM person_events");
  }
});

test("rows that are there are left out where that is asked for, else the transaction fails as a whole", (t) => {
  const { db, rows } = open(t);
  const columns = ["person", "timestamp", "seq"];
  const ignore = insertRows(db, "IGNORE", "person_events", columns);
  ignore(numbered(18).flat());
  ignore(numbered(20).flat());
  assert.deepEqual(rows(), numbered(20));
  const fail = db.transaction(insertRows(db, "FAIL", "person_events", columns));
  assert.throws(() => fail([...numbered(60).slice(40), ...numbered(1)].flat()), /UNIQUE/);
  assert.deepEqual(rows(), numbered(20));
});

test("what a step adds of people's events is written once, and forgotten with the transaction", (t) => {
  const { db, rows } = open(t);
  const table = createPersonEvents(db);
  table.add(1, 5, 1);
  table.forget();
  table.add(1, 6, 2);
  assert.deepEqual(rows(), []);
  table.flush();
  table.flush();
  assert.deepEqual(rows(), [[1, 6, 2]]);
});
