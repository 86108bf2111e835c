import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import { type Wish, wantedBy } from "./wanted.ts";

const event = (change: Partial<Event> = {}): Event => ({
  id: "e",
  property_id: "main",
  tracking_protocol: "native",
  type: "page",
  name: "page_view",
  timestamp_utc: 1,
  received_at: 1,
  ...change,
});
const all: Wish = { only: [], sites: [], bots: "all" };

test("without a wish every event is wanted, of people alone by default of the settings", () => {
  assert.ok(wantedBy(all)(event({ bot: "crawler" })));
  assert.ok(!wantedBy({ ...all, bots: "exclude" })(event({ bot: "crawler" })));
  assert.ok(wantedBy({ ...all, bots: "exclude" })(event({ bot: null })));
  assert.ok(!wantedBy({ ...all, bots: "only" })(event()));
  assert.ok(wantedBy({ ...all, bots: "only" })(event({ bot: "crawler" })));
});

test("`only` names events or their types", () => {
  const wants = wantedBy({ ...all, only: ["purchase", "page"] });
  assert.ok(wants(event()));
  assert.ok(wants(event({ type: "track", name: "purchase" })));
  assert.ok(!wants(event({ type: "track", name: "click" })));
});

test("`sites` names sites", () => {
  const wants = wantedBy({ ...all, sites: ["shop"] });
  assert.ok(!wants(event()));
  assert.ok(wants(event({ property_id: "shop" })));
});
