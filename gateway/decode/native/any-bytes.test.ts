import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eventColumns } from "../../model/event.ts";
import { createNative } from "./native.ts";
import { contactKey, makeHit } from "./test-hit.ts";

const columns: ReadonlySet<string> = new Set(eventColumns.map(({ name }) => name));
const keys = eventColumns.flatMap((column) => ("native" in column ? [...column.native] : []));
const native = createNative({ contactKey, batchEvents: 20 });

const bytes = fc.uint8Array({ maxLength: 300 }).map((raw) => Buffer.from(raw).toString("utf8"));
const units = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 50 })
  .map((u) => String.fromCharCode(...u));
const key = fc.oneof(
  fc.constantFrom(
    ...keys,
    "params",
    "email",
    "token",
    "__proto__",
    "constructor",
    "utm_source",
    "events",
    "sent",
  ),
  units,
);
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), units, fc.constantFrom(-0, 1e300, "1e999", "NaN"));
const fields = fc.array(fc.tuple(key, value), { maxLength: 12 }).map((pairs) => {
  // By defineProperty, since assigning to `__proto__` would not make the key that JSON makes of it.
  const object = {};
  for (const [name, one] of pairs) {
    Object.defineProperty(object, name, { value: one, enumerable: true, configurable: true, writable: true });
  }
  return object;
});
const body = fc.oneof(
  bytes,
  units,
  fields.map((one) => JSON.stringify(one)),
  fc.array(fc.oneof(fields, fc.jsonValue()), { maxLength: 25 }).map((list) => JSON.stringify(list)),
  fc
    .array(
      fc.oneof(
        fields.map((one) => JSON.stringify(one)),
        bytes,
      ),
    )
    .map((lines) => lines.join("\n")),
);

const hits = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
  path: fc.oneof(
    units,
    units.map((text) => `/tr/v1/${text}`),
    fc.tuple(key, units).map(([k, v]) => `/tr/v1/${k}/${v}`),
  ),
  query: fc.oneof(
    bytes,
    units,
    fc.tuple(key, units).map(([k, v]) => `${k}=${v}&${k}=${v}`),
  ),
  body,
  address: fc.oneof(fc.constant("2001:db8::1"), fc.ipV4(), fc.ipV6(), units),
  trusted: fc.boolean(),
  headers: fc.record({
    user: fc.oneof(
      units,
      fields.map((one) => JSON.stringify(one)),
    ),
  }),
  privacy: fc.constantFrom(
    { tracking: "full", consent: null, reason: null } as const,
    { tracking: "none", consent: "denied", reason: "gpc" } as const,
  ),
});

test("any bytes decode to events of known columns that can be written as JSON, or to rejects", () => {
  fc.assert(
    fc.property(hits, (parts) => {
      const { events, rejects } = native.decode(makeHit(parts));
      for (const { event, keyTime } of events) {
        const text = JSON.stringify(event);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(structuredClone(event))));
        assert.ok(text.isWellFormed() && !/\\u0000|\\ud[89a-f]/.test(text));
        for (const column of Object.keys(event)) assert.ok(columns.has(column), column);
        for (const one of Object.values(event)) assert.ok(one !== undefined && one !== null);
        assert.ok(keyTime === null || Number.isSafeInteger(keyTime));
        assert.ok(Number.isSafeInteger(event.timestamp_utc) && event.timestamp_utc <= event.received_at);
      }
      for (const { sample } of rejects) assert.ok(sample.length <= 500 && sample.isWellFormed());
    }),
    { numRuns: 1500 },
  );
});
