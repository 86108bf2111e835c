/**
 * Enrichment: what can be worked out about an event from its own hit. The passes run in the order of the
 * list, once, before the event is stored; each fills columns that the client left empty.
 */
import { createAgentReader } from "./agent.ts";
import { markBot } from "./bot.ts";
import { fillCampaign } from "./campaign.ts";
import { markDemo } from "./demo.ts";
import { fillDevice } from "./device.ts";
import { fillLanguage } from "./language.ts";
import { fillPage } from "./page.ts";
import { createPageReader } from "./page-facts.ts";
import type { Pass } from "./pass.ts";
import { fillReferrer } from "./referrer.ts";
import { createReferrerReader } from "./referrer-facts.ts";

export interface EnricherOptions {
  /** pages, referrers and user agents remembered, of each this many */
  readonly cacheSize: number;
}

/** Changes the event in place. Never throws: what cannot be read stays as it is, and is named. */
export const createEnricher = ({ cacheSize }: EnricherOptions): Pass => {
  const pages = createPageReader(cacheSize);
  const referrers = createReferrerReader(cacheSize);
  const agents = createAgentReader(cacheSize);
  // The campaign stands in the page's address until the page pass has cleaned that.
  const passes: readonly Pass[] = [
    fillCampaign(pages),
    fillPage(pages),
    fillReferrer(referrers),
    fillDevice(agents),
    markBot(agents),
    markDemo,
    fillLanguage,
  ];
  return (event, request) => {
    for (const pass of passes) pass(event, request);
  };
};
