/** What an address of a page says, worked out once and remembered: most hits come from few pages. */

import { createCache } from "../lib/cache.ts";
import { cleanText } from "../lib/clean-text.ts";
import { clickColumns } from "../model/personal-columns.ts";
import type { Site } from "../model/site.ts";
import { cleanUrl, decodeText, nameOf } from "./clean-url.ts";
import { type Click, mayHoldClick, readClick } from "./click-ids.ts";
import { ownCopy } from "./own-copy.ts";

export const utmColumns = [
  "utm_source",
  "utm_medium",
  "utm_campaign",
  "utm_term",
  "utm_content",
  "utm_id",
  "utm_source_platform",
  "utm_creative_format",
  "utm_marketing_tactic",
] as const;

export type CampaignColumn = (typeof utmColumns)[number] | (typeof clickColumns)[number];

/** What an address says of a campaign: columns with their values. */
export interface Campaign {
  readonly utm: readonly CampaignValue[];
  readonly clicks: readonly CampaignValue[];
}

export type CampaignValue = readonly [column: CampaignColumn, value: string];

interface PageFacts {
  readonly site: Site;
  /** the address without campaign parameters and secrets; the text itself where there were none */
  readonly location: string;
  readonly hostname: string | null;
  readonly path: string | null;
  /** the address ends with its host: it has no path of its own */
  readonly isBare: boolean;
  readonly readable: boolean;
  readonly campaign: Campaign | null;
  /** whose click brought somebody here */
  readonly click: Click | null;
}

export type PageReader = (url: string, site: Site) => PageFacts;

const maxCachedLength = 2048;

export const createPageReader = (cacheSize: number): PageReader => {
  const cache = createCache<string, PageFacts>(cacheSize);
  const read: PageReader = (url, site) => {
    const known = cache.get(url);
    // What is taken out of an address is the site's setting.
    if (known?.site === site) return known;
    if (url.length > maxCachedLength) return readPage(url, site);
    const own = ownCopy(url);
    const facts = readPage(own, site);
    cache.set(own, facts);
    return facts;
  };
  // Two passes ask about the same page, one after the other.
  let lastUrl = "";
  let last: PageFacts | null = null;
  return (url, site) => {
    if (last === null || lastUrl !== url || last.site !== site) last = read(url, site);
    lastUrl = url;
    return last;
  };
};

const readPage = (url: string, site: Site): PageFacts => ({
  site,
  location: cleanUrl(url, (name) => site.excludedUrlParams.some((one) => one.toLowerCase() === name)),
  ...readPlace(url),
  isBare: bareAddress.test(url),
  campaign: readCampaign(url),
  click: clickOf(url),
});

/** Apps send routes (`/pricing`), which have no host; the original stores addresses as `//host/path`. */
const readPlace = (url: string): Pick<PageFacts, "hostname" | "path" | "readable"> => {
  if (url.startsWith("/") && !url.startsWith("//")) {
    return { hostname: null, path: url.split(/[?#]/, 1)[0] ?? null, readable: true };
  }
  const plain = plainAddress.exec(url);
  if (plain) return { hostname: plain[1] ?? null, path: plain[2] ?? "/", readable: true };
  const parsed = URL.parse(url.startsWith("//") ? `https:${url}` : url);
  if (parsed === null) return { hostname: null, path: null, readable: false };
  // data:, javascript: and about: have no place; what follows the colon is content.
  const path = parsed.pathname.startsWith("/") ? cleanText(parsed.pathname, maxCachedLength) : null;
  const hostname = parsed.hostname.replace(/^\[|\]$/g, "");
  return { hostname: hostname === "" ? null : hostname, path, readable: true };
};

/** Addresses that parsing would leave as they are: lower-case host that is no number, no dots in the path. */
const plainAddress =
  /^https?:\/\/((?:[a-z0-9-]{1,63}\.){0,8}[a-z][a-z-]{0,62})(?::\d{1,4})?(\/[A-Za-z0-9/_~-]*)?(?=[?#]|$)/;

const bareAddress = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(?:[?#]|$)/i;

const campaignNames: ReadonlyMap<string, CampaignColumn> = new Map<string, CampaignColumn>([
  ...utmColumns.map((column) => [column, column] as const),
  ...clickColumns.map((column) => [column.slice("click_id_".length), column] as const),
]);

const maxValueLength = 8096;

const readCampaign = (url: string): PageFacts["campaign"] => {
  const query = queryOf(url);
  if (query === "") return null;
  const campaign = new Map<CampaignColumn, string>();
  for (const pair of query.split("&")) {
    const column = campaignNames.get(nameOf(pair));
    if (column === undefined || campaign.has(column)) continue;
    const value = cleanText(decodeText(pair.slice(pair.indexOf("=") + 1)), maxValueLength);
    if (value !== "" && pair.includes("=")) campaign.set(column, value);
  }
  return campaign.size > 0
    ? { utm: valuesOf(campaign, utmColumns), clicks: valuesOf(campaign, clickColumns) }
    : null;
};

const valuesOf = (
  campaign: ReadonlyMap<CampaignColumn, string>,
  columns: readonly CampaignColumn[],
): readonly CampaignValue[] =>
  columns.flatMap((column) => {
    const value = campaign.get(column);
    return value === undefined ? [] : [[column, value] as const];
  });

const clickOf = (url: string): Click | null => {
  const query = queryOf(url);
  if (!mayHoldClick(query)) return null;
  const params = new Map<string, string>();
  for (const pair of query.split("&")) {
    const name = nameOf(pair);
    if (!params.has(name)) params.set(name, decodeText(pair.slice(pair.indexOf("=") + 1)));
  }
  return readClick(params);
};

/** What stands between `?` and `#`. */
const queryOf = (url: string): string => {
  const hash = url.indexOf("#");
  const address = hash < 0 ? url : url.slice(0, hash);
  const at = address.indexOf("?");
  return at < 0 ? "" : address.slice(at + 1);
};
