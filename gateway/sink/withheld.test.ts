import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import { withheld } from "./withheld.ts";

const event: Event = {
  id: "e",
  property_id: "main",
  tracking_protocol: "native",
  type: "page",
  name: "page_view",
  timestamp_utc: 1,
  received_at: 1,
  client_id: "visitor",
  user_id: "ada",
  ip_address: "192.0.2.0",
  email_hash: "abc",
  ref: "another visitor",
  click_id_gclid: "one click",
  traits: { name: "Ada" },
  page_path: "/",
};
const {
  client_id: _v,
  user_id: _u,
  ip_address: _i,
  email_hash: _h,
  ref: _r,
  click_id_gclid: _c,
  traits: _t,
  ...nobody
} = event;

test("an event with consent, or of a site that asks for none, is handed out whole", () => {
  for (const consent of ["granted", null] as const) {
    assert.deepEqual(withheld({ ...event, consent }), { ...event, consent });
  }
});

test("of a visitor who said no, nothing personal is handed out", () => {
  assert.deepEqual(withheld({ ...event, consent: "denied" }), { ...nobody, consent: "denied" });
  const refused = { privacy_analytics_storage: false };
  assert.deepEqual(withheld({ ...event, ...refused }), { ...nobody, ...refused });
});
