/** What the pages of the sites carry: visitor, variants and script, and the events that say so. */
import type { VariantsOptions } from "./collect/variants.ts";
import type { NamesInForce } from "./document/cookie-names.ts";
import { document, type Missed } from "./document/document.ts";
import { exposeSeen } from "./document/expose-seen.ts";
import { tellVariants } from "./document/variants-header.ts";
import type { Visitors } from "./document/visitor.ts";
import type { AgentReader } from "./enrich/agent.ts";
import type { Enricher } from "./enrich/enrich.ts";
import { formatXid } from "./experiment/variant-cookie.ts";
import type { Exchange, Layer } from "./http/exchange.ts";
import type { Clock } from "./lib/clock.ts";
import { maskIp } from "./lib/mask-ip.ts";
import type { Event, Keyed } from "./model/event.ts";
import type { EventStore } from "./model/event-store.ts";
import type { Privacy } from "./model/hit.ts";
import type { assignersOf } from "./site-assigners.ts";

export interface SitePagesParts {
  readonly scriptPath: string;
  readonly collectPath: string;
  readonly visitors: Visitors;
  readonly names: NamesInForce;
  readonly assigners: ReturnType<typeof assignersOf>;
  readonly agents: AgentReader;
  readonly enrich: Enricher;
  readonly store: Pick<EventStore, "append">;
  readonly missed: Missed;
  readonly now: Clock;
}

export interface SitePages extends Pick<VariantsOptions, "assign" | "expose"> {
  /** around the answers that may be pages */
  readonly documents: Layer;
  /** around what an upstream answers: it learns the variants of the visitor */
  readonly told: Layer;
}

/** Request headers: only `set-cookie` comes as an array, and requests have none. */
type PlainHeaders = Readonly<Record<string, string | undefined>>;

export const createSitePages = (parts: SitePagesParts): SitePages => {
  const { visitors, assigners, agents, enrich, store, missed } = parts;
  const botClass = (userAgent: string | undefined) => agents(userAgent ?? "").bot;
  const assign: SitePages["assign"] = (site, visitorId, path) =>
    site.cookieless ? [] : assigners.at(site).byPath(visitorId, path);
  const events = {
    make: {
      enrich: (event: Event, x: Exchange, privacy: Privacy) =>
        enrich(event, { headers: x.req.headers as PlainHeaders, site: x.site, privacy }),
      maskIp,
      now: parts.now,
    },
    append: (made: readonly Keyed[]) => store.append(made),
    missed,
  };
  return {
    assign,
    expose: exposeSeen({ ...events, isBot: (userAgent) => botClass(userAgent) !== null }),
    documents: document({
      ...events,
      visitors,
      names: parts.names,
      assign,
      formatXid,
      botClass,
      scriptPath: parts.scriptPath,
      collectPath: parts.collectPath,
    }),
    told: tellVariants({
      variantsOf(x) {
        if (x.site.experiments.length === 0 || x.site.cookieless || x.req.headers.cookie === undefined)
          return null;
        const { id } = visitors.resolve(x, false);
        return id && botClass(x.req.headers["user-agent"]) === null ? assigners.at(x.site).all(id) : null;
      },
    }),
  };
};
