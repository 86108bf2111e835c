import { isOwnHost } from "./own-hosts.ts";
import { addProblem, mayIdentify, type Pass } from "./pass.ts";
import type { ReferrerReader } from "./referrer-facts.ts";
import { withoutPerson } from "./without-person.ts";

/** Source and medium of the page somebody came from. The site's own pages are no source. */
export const fillReferrer =
  (referrers: ReferrerReader): Pass =>
  (event, request) => {
    if (!event.page_referrer) return;
    const facts = referrers(event.page_referrer);
    event.page_referrer = mayIdentify(request) ? facts.location : withoutPerson(facts.location);
    if (!facts.readable) addProblem(event, "last", "not an address: kept as it was sent");
    if (facts.host === null || isOwnHost(facts.host, event.page_hostname ?? null, request.site)) return;
    if (facts.source !== null) event.referrer_source ??= facts.source;
    if (facts.medium !== null) event.referrer_medium ??= facts.medium;
  };
