/**
 * Enrichment: what can be worked out about an event from its own hit. The passes run in the order of the
 * list, once, before the event is stored; each fills columns that the client left empty.
 */
import type { Event } from "../model/event.ts";
import { createAgentReader } from "./agent.ts";
import { fillTraffic } from "./attribution.ts";
import { markBot } from "./bot.ts";
import { fillCampaign } from "./campaign.ts";
import { createChannelReader } from "./channel.ts";
import { fillUsd } from "./currency.ts";
import { markDatacenter } from "./datacenter.ts";
import { markDemo } from "./demo.ts";
import { fillDevice } from "./device.ts";
import { createDeviceReader } from "./device-facts.ts";
import { createLocator, type Locator } from "./geo.ts";
import { fillLanguage } from "./language.ts";
import { fillPage } from "./page.ts";
import { createPageReader } from "./page-facts.ts";
import type { HitContext, Pass } from "./pass.ts";
import { fillPlace } from "./place.ts";
import { createPlaceTable } from "./place-table.ts";
import { fillReferrer } from "./referrer.ts";
import { createReferrerReader } from "./referrer-facts.ts";
import { createJudges } from "./traffic-filter.ts";

export interface EnricherOptions {
  /** pages, referrers, user agents and addresses remembered, of each this many */
  readonly cacheSize: number;
  /** where an address is; countries alone where it is left out */
  readonly locate?: Locator;
}

/** Changes the event in place. Never throws: what cannot be read stays as it is, and is named. */
export interface Enricher {
  (event: Event, request: HitContext): void;
  /** False for an event that was enriched here and that the site's filters drop. */
  keeps(event: Event): boolean;
}

export const createEnricher = (options: EnricherOptions): Enricher => {
  const { cacheSize, locate = createLocator({ cityFile: null, cacheSize }) } = options;
  const pages = createPageReader(cacheSize);
  const places = createPlaceTable();
  const referrers = createReferrerReader(cacheSize, places);
  const channels = createChannelReader(cacheSize);
  const agents = createAgentReader(cacheSize);
  const judges = createJudges();
  const dropped = new WeakSet<Event>();
  // The campaign stands in the page's address until the page pass has cleaned that.
  const passes: readonly Pass[] = [
    fillCampaign(pages),
    fillTraffic({ pages, referrers, channels, kindOf: places.kindOf }),
    fillPage(pages),
    fillReferrer(referrers),
    fillDevice(agents, createDeviceReader(agents, cacheSize)),
    markBot(agents),
    markDatacenter(cacheSize),
    markDemo,
    fillLanguage,
    fillPlace(locate),
    fillUsd(),
  ];
  const enrich = (event: Event, request: HitContext): void => {
    for (const pass of passes) pass(event, request);
    const { kept, filter } = judges(request.site)(event, request.address ?? null);
    if (!kept) dropped.add(event);
    else if (filter !== null) event.traffic_filter_name ??= filter;
  };
  return Object.assign(enrich, { keeps: (event: Event) => !dropped.has(event) });
};
