/** Which hosts are the site's own, or are never a source of visits. */
import { getDomain } from "tldts";
import { createCache } from "../lib/cache.ts";
import type { Site } from "../model/site.ts";
import { bareHost } from "./referrer-facts.ts";

interface Asked {
  readonly host: string;
  readonly pageHost: string | null;
  readonly site: Site;
  readonly own: boolean;
}

let last: Asked | null = null;

/** Is a host (without `www.`) the page's, a sister of it under one domain, the site's, or ignored by it? */
export const isOwnHost = (host: string, pageHost: string | null, site: Site): boolean => {
  // Two passes ask the same, one after the other.
  if (last === null || last.host !== host || last.pageHost !== pageHost || last.site !== site)
    last = { host, pageHost, site, own: isOwn(host, pageHost, site) };
  return last.own;
};

const isOwn = (host: string, pageHost: string | null, site: Site): boolean => {
  if (pageHost && (bareHost(pageHost) === host || isSister(pageHost, host))) return true;
  return (
    site.hosts.some((pattern) => covers(pattern, host)) ||
    site.ignoredReferrers.some((pattern) => covers(pattern, host))
  );
};

const isSister = (a: string, b: string): boolean => {
  const domain = domainOf(a);
  return domain !== null && domain === domainOf(b);
};

/** `*` is every host that reaches the gateway, which does not make every host in the world the site's. */
const covers = (pattern: string, host: string): boolean => {
  if (pattern === "*") return false;
  if (pattern.startsWith("*.")) return host.endsWith(pattern.slice(1));
  return bareHost(pattern) === host;
};

/** The part somebody registered; pages that many people keep under one name (`a.github.io`) are apart. */
const domainOf = (host: string): string | null => {
  const known = domains.get(host);
  if (known !== undefined) return known;
  const domain = getDomain(host, { allowPrivateDomains: true });
  domains.set(host, domain);
  return domain;
};

const domains = createCache<string, string | null>(2000);
