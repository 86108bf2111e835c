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

test("what a visitor paid before he was known is his user's, and no other user's", () => {
  db.exec(`
    INSERT INTO sites (no, id) VALUES (1, 'main'), (2, 'other');
    INSERT INTO visitors (no, site, client_id, bot) VALUES (1, 1, 'v', 0), (2, 1, 'x', 0), (3, 2, 'v', 0);
    INSERT INTO identities (no, site, kind, id) VALUES
      (1, 1, 'user', 'u'), (2, 1, 'user', 'w'), (3, 1, 'stamp', 'a'), (4, 2, 'user', 'u');
    INSERT INTO identity_links (identity, visitor, since, verified, undone, applied) VALUES
      (3, 1, 1, 0, 0, 1), (1, 1, 5, 0, 0, 1), (2, 1, 9, 0, 0, 1), (1, 2, 3, 0, 1, 0);
  `);
  const table = createRecordTable(db);
  table.putPayment(payment(1, { visitor: "v", micros: 4_000_000 }));
  table.putPayment(payment(2, { visitor: "v", user: "w", micros: 2_000_000 }));
  table.putPayment(payment(3, { user: "u" }));
  table.putPayment(payment(4, { visitor: "x", micros: 64_000_000 })); // taken back: he was not that user
  table.putPayment(payment(5, { visitor: "v", site: "other", micros: 8_000_000 }));
  const worth = (id: string, site = "main") =>
    (report("lifetime-value-user", { site, id }) as { value: number }[]).map(({ value }) => value);
  assert.deepEqual([worth("u"), worth("w"), worth("u", "other")], [[5], [2], []]);
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
