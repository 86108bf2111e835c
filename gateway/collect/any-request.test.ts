import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { createNative } from "../decode/native/native.ts";
import { eventColumns } from "../model/event.ts";
import { collectorOver, createStore, nativeOptions, requestOf, writeKey } from "./test-collector.ts";

const native = createNative(nativeOptions);
const paths = native.endpoints.map(({ path }) => path);
const keys = eventColumns.flatMap((column) => ("native" in column ? [...column.native] : []));

const units = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes));
const bytes = fc.uint8Array({ maxLength: 200 }).map((raw) => Buffer.from(raw));
const key = fc.oneof(
  fc.constantFrom(
    ...keys,
    "payments",
    "total",
    "invid",
    "paid",
    "etyp",
    "id",
    "ip",
    "user_agent",
    "__proto__",
  ),
  units,
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  units,
  fc.constantFrom("count", "update", -0, 1e300, "1e9"),
);
const fields = fc.array(fc.tuple(key, value), { maxLength: 8 }).map((pairs) => {
  const members = pairs.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`);
  return `{${members.join(",")}}`; // as text, so that __proto__ is a key like others
});
const body = fc.oneof(
  bytes,
  fields.map((text) => Buffer.from(text)),
  fc.array(fields, { maxLength: 4 }).map((list) => Buffer.from(`[${list.join(",")}]`)),
  fc
    .array(fields, { maxLength: 4 })
    .map((list) => Buffer.from(`{"invid":"i","payments":[${list.join(",")}]}`)),
  fields.map((text) => gzipSync(text)),
);
const header = fc.oneof(
  units,
  fields,
  fc.constantFrom("gzip", "br", `Bearer ${writeKey}`, "null", "https://shop.example"),
);

const requests = fc.record(
  {
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"),
    path: fc.oneof(
      units,
      fc.constantFrom(...paths),
      fc.tuple(fc.constantFrom(...paths), key, units).map(([path, name, text]) => `${path}${name}/${text}`),
    ),
    query: fc.oneof(
      units,
      fc.tuple(key, units).map(([name, text]) => `${name}=${text}&${name}=%ff`),
    ),
    headers: fc.record(
      {
        authorization: fc.oneof(fc.constant(`Bearer ${writeKey}`), header),
        origin: header,
        "content-encoding": header,
        cookie: header,
        user: header,
        "sec-fetch-site": header,
        host: header,
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
    body,
    address: fc.oneof(fc.ipV4(), fc.ipV6(), units),
  },
  { requiredKeys: [] },
);

test("any request is answered, what it brings is whole or a reject, and a good hit after it is kept", async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (parts) => {
      const store = createStore();
      const collector = collectorOver(native, store);
      const answer = await collector.take(requestOf(parts));
      assert.ok([200, 401, 404, 413, 415].includes(answer.status), String(answer.status));
      for (const one of answer.headers) assert.match(one, /^[^\r\n\0]*$/);
      for (const { event } of store.kept) {
        const text = JSON.stringify(event);
        assert.ok(text.isWellFormed());
        assert.ok(!text.includes(writeKey));
      }
      await collector.take(requestOf({ body: `{"ename":"after"}` }));
      assert.equal(store.kept.at(-1)?.event.name, "after");
    }),
    { numRuns: 1000 },
  );
});
