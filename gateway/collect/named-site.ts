/**
 * Which site a page that only includes the script belongs to. Its tag names one (`data-site`), and the script says so
 * with each request (`?tp_site=`): several sites may send to one host. The name counts where the page lies on a host of
 * that site, so that nobody fills another's reports; else the request is for the site of the host it was sent to.
 */
import type { Exchange, Handler } from "../http/exchange.ts";
import type { Site } from "../model/site.ts";
import type { Collector } from "./collector.ts";
import { isPageOf } from "./cors.ts";
import type { Headers } from "./request.ts";

/** What of a request says so. */
export interface Naming {
  readonly site: Site;
  readonly query: string;
  readonly host: string;
  readonly headers: Headers;
}

export interface Named {
  readonly site: Site;
  /** why the site that was named does not count, in words */
  readonly problem?: string;
}

export type SiteNamer = (asked: Naming) => Named;

export const createSiteNamer = (sites: readonly Site[]): SiteNamer => {
  const byId = new Map(sites.map((site) => [site.id, site]));
  return (asked) => {
    const name = named.exec(asked.query)?.[1];
    if (!name || name === asked.site.id) return { site: asked.site };
    const site = byId.get(name);
    const problem = site ? refusalOf(site, asked) : `there is no site ${JSON.stringify(name)}`;
    if (site && problem === null) return { site };
    return { site: asked.site, problem: `${problem}: kept for ${JSON.stringify(asked.site.id)}` };
  };
};

const named = /(?:^|&)tp_site=([^&]{1,64})/;

const refusalOf = (site: Site, { host, headers }: Naming): string | null => {
  const { origin } = headers;
  const id = JSON.stringify(site.id);
  if (!site.protocols.includes("native")) return `site ${id} takes no events of the script`;
  if (origin === undefined) return `site ${id} is named by no page: the request has no Origin`;
  return isPageOf(site, origin, host) ? null : `site ${id} has no host of ${origin.slice(0, 200)}`;
};

/** Hits are taken for the site that they name. */
export const forNamedSites = (collector: Collector, nameSite: SiteNamer): Collector => ({
  take(request) {
    const { site, problem } = nameSite(request);
    if (problem !== undefined) return collector.take({ ...request, siteProblem: problem });
    return collector.take(site === request.site ? request : { ...request, site });
  },
});

/** Questions and wishes are answered for the site that they name. */
export const forNamedSite =
  (handler: Handler, nameSite: SiteNamer): Handler =>
  (x) =>
    handler({ ...x, site: nameSite(namingOf(x)).site });

const namingOf = ({ site, query, host, req }: Exchange): Naming => ({
  site,
  query,
  host,
  headers: req.headers as Headers, // only set-cookie is an array, and requests have none
});
