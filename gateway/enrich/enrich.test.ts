import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eventColumns } from "../model/event.ts";
import { makeEvent } from "../model/test-event.ts";
import { createEnricher } from "./enrich.ts";
import { enriched, site } from "./test-event.ts";

const columns: ReadonlySet<string> = new Set(eventColumns.map(({ name }) => name));

test("a hit that says nothing gets no columns but the one that says so", () => {
  assert.deepEqual(
    enriched({}, { headers: {} }),
    makeEvent({ bot: "script: no user agent", device_category: "bot" }),
  );
});

test("columns that are filled already stay", () => {
  const own = {
    page_hostname: "mine",
    page_path: "/mine",
    referrer_source: "mine",
    device_web_browser: "mine",
    bot: "mine",
  };
  const event = enriched({ ...own, page_location: "https://a.test/", page_referrer: "https://b.test/" });
  for (const [column, value] of Object.entries(own))
    assert.equal((event as unknown as Record<string, unknown>)[column], value);
});

test("any texts are enriched into known columns without null, and never throw", () => {
  const enrich = createEnricher({ cacheSize: 5 });
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string().map((tail) => `https://a.test/${tail}?utm_source=${tail}&token=${tail}#${tail}=1`),
    fc.constantFrom("", "https://", "//", "/", "?", "#", "data:x", "https://[", "https://%"),
  );
  fc.assert(
    fc.property(text, text, text, text, (page, referrer, userAgent, language) => {
      const event = makeEvent({ page_location: page, page_referrer: referrer });
      enrich(event, { site, headers: { "user-agent": userAgent, "accept-language": language } });
      for (const [column, value] of Object.entries(event)) {
        assert.ok(columns.has(column) && value !== null && value !== undefined, column);
      }
      assert.ok(JSON.stringify(event).isWellFormed());
    }),
    { numRuns: 500 },
  );
});
