import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonObject } from "../../model/json.ts";
import { kindOf } from "./property-columns.ts";
import { lineOf, storedOf } from "./rows.ts";
import { eventForTest } from "./test-folder.ts";

test("whatever properties an event has, they come back in their order and as they were", () => {
  const name = fc
    .string({ minLength: 1, maxLength: 8, unit: "grapheme" })
    .filter((text) => text !== "__proto__");
  const properties = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }));
  fc.assert(
    fc.property(properties, fc.func(fc.boolean()), (any, hasColumn) => {
      const given = JSON.parse(JSON.stringify(any)) as JsonObject; // as the journal keeps it
      const names = Object.keys(given).filter((key) => hasColumn(key));
      const columns = Object.fromEntries(names.map((key) => [key, kindOf(given[key] ?? null) ?? "text"]));
      const event = eventForTest({ properties: given });
      const back = storedOf(lineOf(7, event, columns));
      assert.deepEqual(back, { seq: 7, event });
      assert.deepEqual(Object.keys(back.event.properties ?? {}), Object.keys(given));
    }),
  );
});

test("half a surrogate pair does not make a line unreadable", () => {
  const line = lineOf(1, eventForTest({ page_title: "a\ud800b", properties: { x: "\udfff" } }), {
    x: "text",
  });
  assert.equal(line.includes("\\ud"), false);
  assert.equal(storedOf(line).event.page_title, "a\ufffdb");
});
