import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import { countEvent } from "./count-event.ts";
import { eventForTest } from "./segments/test-folder.ts";

const counted = (columns: Partial<Event>): readonly string[] => {
  const names: string[] = [];
  countEvent({ add: (_site, counter) => names.push(counter) }, eventForTest(columns));
  return names;
};

const document: Partial<Event> = { type: "log", name: "document", tracking_protocol: "gateway" };

test("a visit by a tagged link is counted, by the document where the gateway serves it, else by the view", () => {
  const page_location = "https://shop.example/pricing?utm_source=mail&gu=f47ac10b";
  assert.deepEqual(counted({ ...document, page_location }), ["documents", "tagged"]);
  assert.deepEqual(counted({ ...document, page_location: "https://shop.example/?menu=1" }), ["documents"]);
  assert.ok(counted({ type: "page", properties: { gu: "f47ac10b" } }).includes("tagged"));
  assert.ok(!counted({ type: "page", page_location }).includes("tagged"), "it was counted by its document");
});

test("a view that came from another host was not served here, however the host is written", () => {
  const view = { type: "page", page_hostname: "shop.example" } as const;
  const isElsewhere = (page_referrer: string) => counted({ ...view, page_referrer }).includes("dropin_views");
  for (const same of [
    "https://shop.example",
    "http://shop.example/a?b#c",
    "https://shop.example:8443/",
    "HTTPS://Shop.Example/",
    "https://someone@shop.example/",
  ]) {
    assert.equal(isElsewhere(same), false, same);
  }
  for (const other of [
    "https://news.example/",
    "https://shop.example.org/",
    "https://shop.example@news.example/",
    "https://xn--shop-.example/",
    "https://1.2",
    "no address",
  ]) {
    assert.equal(isElsewhere(other), true, other);
  }
  assert.equal(counted({ ...view, page_load_id: "l", page_referrer: "" }).includes("dropin_views"), false);
});
