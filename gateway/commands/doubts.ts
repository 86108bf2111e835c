import type { Config } from "../config/schema.ts";
import { uncertified } from "../listen/tls/settings.ts";

/** What is allowed in settings and hardly meant, each in a sentence. */
export const doubtsOf = (config: Config): readonly string[] => doubts.flatMap((doubt) => [...doubt(config)]);

type Doubt = (config: Config) => Iterable<string>;

/** Tomorrow the same person would be somebody else, and be shown another variant. */
const idleExperiments: Doubt = function* ({ sites, experiments }) {
  for (const [i, { site, key, status }] of experiments.entries()) {
    if (status !== "running" || !sites.some(({ id, cookieless }) => id === site && cookieless)) continue;
    yield `experiments[${i}] (${key}) shows nobody a variant: site ${site} is cookieless, and a visitor has another id tomorrow; set its status to "draft", or cookieless to false`;
  }
};

/** The script that hands visitors over is the one with the calls of old pages. */
const unhandedVisitors: Doubt = function* ({ sites }) {
  for (const [i, { id, linkDomains, script, cookieless }] of sites.entries()) {
    if (linkDomains.length === 0) continue;
    if (cookieless)
      yield `sites[${i}].linkDomains (${id}) hands nobody over: a cookieless site has no visitors who last`;
    else if (script !== "legacy")
      yield `sites[${i}].linkDomains (${id}) takes visitors over, and hands none over: only the script "legacy" marks links`;
  }
};

/** Visitors would see it first. */
const bareHosts: Doubt = function* ({ tls, sites, routes }) {
  const hosts = [...sites, ...routes].flatMap((part) => part.hosts);
  for (const sentence of uncertified(tls, hosts)) yield `tls: ${sentence}`;
};

const doubts = [idleExperiments, unhandedVisitors, bareHosts] as const;
