import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import type { Agreement, Payment, RecordTable, Update } from "../model/records.ts";
import { createRecordProjection } from "./projection.ts";

const createTable = () => {
  const payments: Payment[] = [];
  const agreements: Agreement[] = [];
  const updates: Update[] = [];
  const counts: (readonly [site: string, id: string, n: number, at: number])[] = [];
  const table: RecordTable = {
    putPayment: (payment) => void payments.push(payment),
    putAgreement: (agreement) => void agreements.push(agreement),
    count: (...said) => void counts.push(said),
    update: (update) => void updates.push(update),
  };
  return { table, payments, agreements, updates, counts };
};

const event = (parts: Partial<Event>): Event => ({
  id: "0190a4c2-2e7a-7cc0-98c4-dc0c0c07398f",
  property_id: "main",
  tracking_protocol: "native",
  type: "log",
  name: "x",
  timestamp_utc: 1000,
  received_at: 1000,
  ...parts,
});

const apply = (...events: readonly Event[]) => {
  const tables = createTable();
  const projection = createRecordProjection(tables.table);
  for (const [i, one] of events.entries()) projection.apply({ seq: i + 1, event: one, person: null });
  projection.flush();
  return tables;
};

test("a payment is a row, its amount in millionths, whoever paid", () => {
  const who = { client_id: "v", user_id: "u", order_id: "o", currency: "EUR" };
  const { payments } = apply(
    event({ type: "payment", value: 19.9, ...who }),
    event({ type: "payment", value: -0.000_001 }),
    event({ type: "payment" }),
  );
  assert.deepEqual(payments, [
    {
      seq: 1,
      site: "main",
      at: 1000,
      visitor: "v",
      user: "u",
      order: "o",
      currency: "EUR",
      micros: 19_900_000,
    },
    { seq: 2, site: "main", at: 1000, visitor: null, user: null, order: null, currency: "", micros: -1 },
  ]);
});

test("a count adds one, or as many as it says", () => {
  const count = (properties: Event["properties"]) =>
    event({ event_category: "count", name: "c", properties: properties ?? null });
  const { counts } = apply(
    count(null),
    count({ n: 5 }),
    count({ n: "-2" }),
    count({ n: "many" }),
    count({ n: 1.5 }),
  );
  assert.deepEqual(
    counts.map(([, id, n]) => [id, n]),
    [
      ["c", 1],
      ["c", 5],
      ["c", -2],
      ["c", 1],
      ["c", 1],
    ],
  );
});

test("an update carries its text; a log is kept as an event alone", () => {
  const { updates } = apply(
    event({ event_category: "update", name: "u", properties: { msg: "done" } }),
    event({ event_category: "update", name: "u", properties: { msg: 5 } }),
    event({ event_category: "log", name: "u" }),
  );
  assert.deepEqual(
    updates.map(({ id, message }) => [id, message]),
    [
      ["u", "done"],
      ["u", null],
    ],
  );
});

test("an agreement keeps what was said under the client's names, and nothing of address or browser", () => {
  const { agreements } = apply(
    event({
      event_category: "agreement",
      client_id: "v",
      cflags: 1024,
      client_session_id: "s",
      geo_country: "Germany",
      ip_address: "203.0.113.0",
      bhash: "abc",
      geo_city: "Bonn",
      lat: 50.7,
      lon: 7.1,
      zip: "53111",
      vp_w: 400,
      vp_h: 800,
      properties: { avid: "a", owner: "o", gaid: "g", other: 1 },
    }),
    event({ event_category: "agreement", cflags: 1 }),
  );
  assert.deepEqual(agreements, [
    {
      seq: 1,
      site: "main",
      visitor: "v",
      at: 1000,
      said: {
        ...{ cflags: 1024, sid: "s", country: "Germany", city: "Bonn", lat: 50.7, lon: 7.1, zip: "53111" },
        ...{ w: 400, h: 800, avid: "a", owner: "o", gaid: "g" },
      },
    },
  ]);
});

test("what visitors do, and what the gateway writes of documents, is none of these", () => {
  const tables = apply(
    event({ type: "track", event_category: "count" }),
    event({ tracking_protocol: "gateway", name: "document", event_category: "count" }),
  );
  assert.deepEqual([tables.payments, tables.agreements, tables.updates, tables.counts].flat(), []);
});
