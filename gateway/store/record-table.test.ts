import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { Payment } from "../model/records.ts";
import { type Db, openDatabase } from "./database.ts";
import { createRecordTable } from "./record-table.ts";
import { reports } from "./reports.ts";

let dir = "";
let db: Db;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-records-"));
  db = openDatabase(dir);
});
afterEach(() => {
  db.close();
  rmSync(dir, { recursive: true, force: true });
});

const report = (name: string, parameters: object) => db.prepare(reports[name] ?? "").all(parameters);

const payment = (seq: number, parts: Partial<Payment>): Payment => ({
  seq,
  site: "main",
  at: seq * 10,
  visitor: null,
  user: null,
  order: null,
  currency: "EUR",
  micros: 1_000_000,
  ...parts,
});

test("a lifetime value is the sum of payments and refunds, by currency, for user, visitor and order", () => {
  const table = createRecordTable(db);
  table.putPayment(payment(1, { user: "u", visitor: "v", order: "o", micros: 10_100_000 }));
  table.putPayment(payment(2, { user: "u", visitor: "v", order: "o2", micros: 20_200_000 }));
  table.putPayment(payment(3, { user: "u", order: "o", micros: -5_000_000 }));
  table.putPayment(payment(4, { user: "u", currency: "USD", micros: 7_000_000 }));
  table.putPayment(payment(5, { user: "u", site: "other" }));
  table.putPayment(payment(6, { user: "w" }));
  assert.deepEqual(report("lifetime-value-user", { site: "main", id: "u" }), [
    { currency: "EUR", value: 25.3, payments: 3, refunds: 1, firstAt: 10, lastAt: 30 },
    { currency: "USD", value: 7, payments: 1, refunds: 0, firstAt: 40, lastAt: 40 },
  ]);
  assert.deepEqual(report("lifetime-value-visitor", { site: "main", id: "v" }), [
    { currency: "EUR", value: 30.3, payments: 2, refunds: 0, firstAt: 10, lastAt: 20 },
  ]);
  assert.deepEqual(report("lifetime-value-order", { site: "main", id: "o" }), [
    { currency: "EUR", value: 5.1, payments: 2, refunds: 1, firstAt: 10, lastAt: 30 },
  ]);
  assert.deepEqual(report("lifetime-value-user", { site: "main", id: "nobody" }), []);
});

test("a payment that is followed again is there once", () => {
  const table = createRecordTable(db);
  table.putPayment(payment(1, { user: "u" }));
  table.putPayment(payment(1, { user: "u" }));
  const [row] = report("lifetime-value-user", { site: "main", id: "u" }) as { payments: number }[];
  assert.equal(row?.payments, 1);
});

test("a counter adds up, and knows its first and last time in any order", () => {
  const table = createRecordTable(db);
  table.count("main", "c", 1, 50);
  table.count("main", "c", 3, 10);
  table.count("main", "c", -1, 90);
  table.count("other", "c", 1, 1);
  assert.deepEqual(db.prepare("SELECT * FROM message_counts WHERE site = 'main'").all(), [
    { site: "main", id: "c", n: 3, first_at: 10, last_at: 90 },
  ]);
});

test("of updates the latest stays, in any order", () => {
  const updates = [
    { site: "main", id: "x", at: 10, event: "b", message: "first" },
    { site: "main", id: "x", at: 20, event: "a", message: "tie, lesser id" },
    { site: "main", id: "x", at: 20, event: "c", message: "tie, greater id" },
  ];
  for (const order of [updates, [...updates].reverse()]) {
    db.exec("DELETE FROM message_updates");
    const table = createRecordTable(db);
    for (const update of order) table.update(update);
    assert.deepEqual(db.prepare("SELECT message FROM message_updates").pluck().all(), ["tie, greater id"]);
  }
});

test("agreements come newest first, of one visitor of one site", () => {
  const table = createRecordTable(db);
  const base = { site: "main", visitor: "v" };
  table.putAgreement({ ...base, seq: 1, at: 10, said: { cflags: 1 } });
  table.putAgreement({ ...base, seq: 2, at: 20, said: { cflags: 2 } });
  table.putAgreement({ ...base, seq: 3, at: 15, said: { cflags: 3 } });
  table.putAgreement({ ...base, seq: 4, at: 30, site: "other", said: {} });
  table.putAgreement({ ...base, seq: 5, at: 30, visitor: "w", said: {} });
  const rows = report("agreements", { site: "main", visitor: "v" }) as { said: string }[];
  assert.deepEqual(
    rows.map(({ said }) => said),
    [`{"cflags":2}`, `{"cflags":3}`, `{"cflags":1}`],
  );
});
