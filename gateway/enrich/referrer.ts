import type { Event } from "../model/event.ts";
import type { Site } from "../model/site.ts";
import { addProblem, type Pass } from "./pass.ts";
import { bareHost, type ReferrerReader } from "./referrer-facts.ts";

/** Source and medium of the page somebody came from. The site's own pages are no source. */
export const fillReferrer =
  (referrers: ReferrerReader): Pass =>
  (event, request) => {
    if (!event.page_referrer) return;
    const facts = referrers(event.page_referrer);
    event.page_referrer = facts.location;
    if (!facts.readable) addProblem(event, "last", "not an address: kept as it was sent");
    if (facts.host === null || isOwn(facts.host, event, request.site)) return;
    if (facts.source !== null) event.referrer_source ??= facts.source;
    if (facts.medium !== null) event.referrer_medium ??= facts.medium;
  };

const isOwn = (host: string, event: Event, site: Site): boolean => {
  if (event.page_hostname && bareHost(event.page_hostname) === host) return true;
  return site.hosts.some((pattern) => covers(pattern, host));
};

/** `*` is every host that reaches the gateway, which does not make every host in the world the site's. */
const covers = (pattern: string, host: string): boolean => {
  if (pattern === "*") return false;
  if (pattern.startsWith("*.")) return host.endsWith(pattern.slice(1));
  return bareHost(pattern) === host;
};
