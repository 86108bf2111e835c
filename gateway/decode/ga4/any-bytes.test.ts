import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eventColumns } from "../../model/event.ts";
import { makeHit } from "../native/test-hit.ts";
import { createGa4 } from "./ga4.ts";
import { site } from "./test-hit.ts";

const columns: ReadonlySet<string> = new Set(eventColumns.map(({ name }) => name));
const protocols = createGa4({ batchEvents: 20 });

const bytes = fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw).toString("utf8"));
const units = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((list) => String.fromCharCode(...list));
const field = fc.oneof(
  fc.constantFrom("tid", "cid", "en", "dl", "dt", "gcs", "gcd", "_p", "_s", "_et", "sct", "seg", "uid", "cu"),
  fc.constantFrom(
    "pr1",
    "pr2",
    "ep.value",
    "epn.value",
    "ep.__proto__",
    "up.constructor",
    "ep.transaction_id",
  ),
  fc.constantFrom("_uip", "ua", "fss", "sid", "ir", "npa", "__proto__", "ep.", "epn.", "ep.items"),
  units,
);
const text = fc.oneof(
  units,
  bytes,
  fc.constantFrom(
    "NaN",
    "1e999",
    "-0",
    "G11",
    "G-TEST",
    "%",
    "%F",
    "%E0%A4%A",
    "a~~b",
    "id~pr~qt-1",
    "id\ud800",
  ),
);
const encode = (part: string): string => encodeURIComponent(part.toWellFormed());
const pairs = fc
  .array(fc.tuple(field, text, fc.boolean()), { maxLength: 15 })
  .map((list) =>
    list
      .map(([name, value, raw]) => (raw ? `${name}=${value}` : `${encode(name)}=${encode(value)}`))
      .join("&"),
  );
const json = fc.oneof(
  units,
  fc
    .record(
      {
        client_id: fc.oneof(units, fc.jsonValue()),
        user_id: fc.jsonValue(),
        timestamp_micros: fc.jsonValue(),
        user_properties: fc.jsonValue(),
        consent: fc.jsonValue(),
        device: fc.jsonValue(),
        events: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record(
              {
                name: fc.oneof(units, fc.constantFrom("purchase", "refund")),
                params: fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.jsonValue())),
              },
              { requiredKeys: [] },
            ),
            { maxLength: 25 },
          ),
        ),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
);
const hits = fc.record({
  at: fc.constantFrom("/g/collect", "/d/c", "/mp/collect", "/debug/mp/collect"),
  method: fc.constantFrom("GET", "POST"),
  query: pairs,
  known: fc.boolean(),
  body: fc.oneof(
    json,
    fc.array(pairs, { maxLength: 25 }).map((lines) => lines.join("\n")),
  ),
  trusted: fc.boolean(),
});

test("whatever is sent, decoding answers with rows that can be stored and are the same the next time", () => {
  fc.assert(
    fc.property(hits, ({ at, known, query, ...parts }) => {
      const names = "tid=G-1&cid=1.2&en=purchase&measurement_id=G-1&";
      const hit = makeHit({ site, path: at, base: at, query: known ? names + query : query, ...parts });
      const protocol = protocols.find(({ endpoints }) => endpoints.some(({ path }) => path === at));
      const endpoint = protocol?.endpoints.find(({ path }) => path === at);
      assert.ok(protocol && endpoint);
      const decoded = protocol.decode(hit);
      assert.ok(decoded.events.length <= 20);
      for (const { event } of decoded.events) {
        assert.ok(Object.keys(event).every((name) => columns.has(name)));
        assert.deepEqual(JSON.parse(JSON.stringify(event)), noNegativeZero(event));
        for (const one of textsIn(event)) assert.ok(one.isWellFormed() && !one.includes("\0"));
      }
      const status = endpoint.answer?.(decoded, hit).status ?? 0;
      assert.ok([200, 204, 400].includes(status));
    }),
    { numRuns: 1500 },
  );
});

/** All texts of a value, and the names of its members. */
const textsIn = (value: unknown): string[] => {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [name, ...textsIn(one)]);
};

/** JSON has no negative zero. */
const noNegativeZero = (value: unknown): unknown => {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(noNegativeZero);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, noNegativeZero(one)]));
};

test("the order of a hit's fields says nothing", () => {
  const decode = (query: string) =>
    createGa4({ batchEvents: 20 })[0]?.decode(
      makeHit({ site, path: "/g/collect", base: "/g/collect", query }),
    );
  const fields = [
    "tid=G-1",
    "cid=1.2",
    "en=purchase",
    "_p=1772366398123",
    "_s=1",
    "pr2=idB~pr2",
    "pr1=idA~pr1",
    "epn.value=3",
    "ep.coupon=x",
    "up.plan=gold",
  ];
  const sorted = (query: string) => JSON.parse(JSON.stringify(decode(query))) as unknown;
  const straight = sorted(fields.join("&"));
  fc.assert(
    fc.property(fc.shuffledSubarray(fields, { minLength: fields.length }), (shuffled) => {
      assert.deepEqual(sorted(shuffled.join("&")), straight);
    }),
    { numRuns: 200 },
  );
});
