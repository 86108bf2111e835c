import { createCache } from "../lib/cache.ts";
import type { ChannelRule, ReferrerKind, Site } from "../model/site.ts";
import { channelRules } from "./channel-rules.ts";

/** Where a visit comes from, as the rules see it. */
export interface Traffic {
  readonly source: string;
  readonly medium: string;
  readonly campaign: string;
  readonly kind: ReferrerKind | null;
  /** a click id says that somebody paid for it */
  readonly paidClick: boolean;
}

export type ChannelReader = (traffic: Traffic, site: Site) => string;

/** Where no rule fits. */
const otherChannel = "other";

/** A name of a campaign may be as long as a hit: such ones are not remembered. */
const maxCachedLength = 1000;

/** Reads channels by the site's rules and the usual ones, remembering what it found. */
export const createChannelReader = (cacheSize: number): ChannelReader => {
  const rulesOf = new WeakMap<Site, readonly Rule[]>();
  const caches = new WeakMap<Site, ReturnType<typeof createCache<string, string>>>();
  const read: ChannelReader = (traffic, site) => {
    const rules = rulesOf.get(site) ?? [...site.channels, ...channelRules].map(compile);
    rulesOf.set(site, rules);
    return rules.find((rule) => rule.fits(traffic))?.channel ?? otherChannel;
  };
  return (traffic, site) => {
    const { source, medium, campaign, kind, paidClick } = traffic;
    const key = `${source}\n${medium}\n${campaign}\n${kind}\n${paidClick}`;
    if (key.length > maxCachedLength) return read(traffic, site);
    const cache = caches.get(site) ?? createCache<string, string>(cacheSize);
    caches.set(site, cache);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const channel = read(traffic, site);
    cache.set(key, channel);
    return channel;
  };
};

interface Rule {
  readonly channel: string;
  fits(traffic: Traffic): boolean;
}

const paidMedium = /^(.*cp[acmv]?|ppc|pla|retargeting|remarketing|paid.*|sem)$/;

const compile = ({ channel, source, medium, campaign, referrer, paid }: ChannelRule): Rule => {
  const patterns = { source: whole(source), medium: whole(medium), campaign: whole(campaign) };
  return {
    channel,
    fits: (traffic) =>
      (patterns.source?.test(traffic.source) ?? true) &&
      (patterns.medium?.test(traffic.medium) ?? true) &&
      (patterns.campaign?.test(traffic.campaign) ?? true) &&
      (referrer === undefined || referrer === traffic.kind) &&
      (paid === undefined || paid === (traffic.paidClick || paidMedium.test(traffic.medium))),
  };
};

/** The pattern of a rule, which must match a text whole; in either case. Throws for what is no pattern. */
export const wholePattern = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, "iu");

const whole = (pattern: string | undefined): RegExp | null =>
  pattern === undefined ? null : wholePattern(pattern);
