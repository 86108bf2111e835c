/** What the tests of this folder share: an event with a few columns, enriched. */
import type { Event } from "../model/event.ts";
import type { Site } from "../model/site.ts";
import { testSite } from "../model/test-site.ts";
import { createEnricher } from "./enrich.ts";
import type { HitContext } from "./pass.ts";

export const site: Site = {
  ...testSite,
  hosts: ["shop.example", "*.shop.example", "*"],
  protocols: ["native"],
  excludedUrlParams: ["utm_source", "utm_medium", "utm_campaign", "gclid"],
};

export const untracked = { tracking: "none", consent: "denied", reason: "consent" } as const;

export const chrome =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36";

export const makeEvent = (columns: Partial<Event>): Event => ({
  id: "01900000-0000-7000-8000-000000000001",
  property_id: "main",
  tracking_protocol: "native",
  type: "page",
  name: "page_view",
  timestamp_utc: 0,
  received_at: 0,
  ...columns,
});

const enrich = createEnricher({ cacheSize: 10 });

export const enriched = (columns: Partial<Event>, hit: Partial<HitContext> = {}): Event => {
  const event = makeEvent(columns);
  enrich(event, { site, headers: { "user-agent": chrome }, ...hit });
  return event;
};
