import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run, someEvent, store } from "./commands/run-for-test.ts";
import { referralColumns, touchColumns } from "./commands/session-join.ts";
import { flatEvent } from "./flat-event.ts";
import type { Event } from "./model/event.ts";
import { placeColumns, sessionColumns } from "./sessionize/columns.ts";

const gtag: Partial<Event> = {
  tracking_protocol: "ga4_gtag",
  name: "purchase",
  properties: { value: 9.5, currency: "EUR", content: "hero", own: "x" },
  engagement_time_ms: 12,
  ecommerce_items: [{ item_id: "a" }],
};

const events: readonly Event[] = [
  someEvent({ client_time: 5, properties: { plan: "pro" }, problems: [{ field: "url", problem: "no URL" }] }),
  someEvent({ user_id: "ada", experiments: { headline: "b" }, value: 0, first: false, traits: { a: null } }),
  someEvent(gtag),
];

test("a record has the columns and values of the export, without what is null and what belongs to sessions", async () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-flat-"));
  store(dir, events);
  const { out } = await run(["export", "--data", dir]);
  rmSync(dir, { recursive: true });
  const joined = new Set(
    [...placeColumns, ...sessionColumns, ...touchColumns, ...referralColumns].map(({ name }) => name),
  );
  const exported = out
    .trimEnd()
    .split("\n")
    .map((line) =>
      Object.entries(JSON.parse(line) as object).filter(
        ([name, value]) => value !== null && !joined.has(name),
      ),
    )
    .map((cells) => Object.fromEntries(cells));
  assert.deepEqual(events.map(flatEvent), exported);
  assert.equal(exported[2]?.["params_content_description"], "hero");
});

test("what is false, zero or empty is a value, and stays", () => {
  const record = flatEvent(someEvent({ first: false, value: 0, page_title: "" }));
  assert.deepEqual([record["first"], record["value"], record["page_title"]], [false, 0, ""]);
});
