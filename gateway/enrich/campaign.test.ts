import assert from "node:assert/strict";
import { test } from "node:test";
import { enriched, untracked } from "./test-event.ts";

const url =
  "https://shop.example/?utm_source=News+Letter&utm_medium=e%2Dmail&UTM_Campaign=%zz&gclid=G1&utm_term=";

test("campaign and click ids are read from the page's address before it is cleaned", () => {
  const event = enriched({ page_location: url });
  assert.equal(event.utm_source, "News Letter");
  assert.equal(event.utm_medium, "e-mail");
  assert.equal(event.utm_campaign, "%zz");
  assert.equal(event.utm_term, undefined);
  assert.equal(event.click_id_gclid, "G1");
  assert.equal(event.page_location, "https://shop.example/?utm_term=");
});

test("a campaign of the event's own is not mixed with the page's", () => {
  for (const column of ["utm_source", "utm_medium", "utm_campaign"] as const) {
    const event = enriched({ page_location: url, [column]: "own" });
    const named = [event.utm_source, event.utm_medium, event.utm_campaign];
    assert.deepEqual(named.filter(Boolean), ["own"], column);
    assert.equal(event.click_id_gclid, "G1");
  }
});

test("a click id is not taken from a visitor who is not tracked", () => {
  const event = enriched({ page_location: url }, { privacy: untracked });
  assert.equal(event.utm_source, "News Letter");
  assert.equal(event.click_id_gclid, undefined);
});

test("the first of a repeated parameter counts, and what stands in the fragment does not", () => {
  const event = enriched({ page_location: "https://a.example/?utm_source=1&utm_source=2#?utm_medium=3" });
  assert.equal(event.utm_source, "1");
  assert.equal(event.utm_medium, undefined);
  const bare = enriched({ page_location: "https://a.example/#/route?utm_source=1&gclid=2" });
  assert.deepEqual(
    [bare.utm_source, bare.click_id_gclid, bare.traffic_source],
    [undefined, undefined, "direct"],
  );
});

test("a client that only adds to the campaign of the address leaves it its source", () => {
  const event = enriched({
    page_location: "https://shop.example/?utm_source=a&utm_content=b",
    utm_content: "c",
    utm_id: "7",
  });
  assert.deepEqual([event.utm_source, event.utm_content, event.utm_id], ["a", "c", "7"]);
});
