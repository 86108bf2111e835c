/** What the tests of this folder share: an event that was enriched. */
import type { Event } from "../model/event.ts";
import type { Site } from "../model/site.ts";
import { makeEvent } from "../model/test-event.ts";
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

const enrich = createEnricher({ cacheSize: 10 });

export const enriched = (columns: Partial<Event>, hit: Partial<HitContext> = {}): Event => {
  const event = makeEvent(columns);
  enrich(event, { site, headers: { "user-agent": chrome }, ...hit });
  return event;
};
