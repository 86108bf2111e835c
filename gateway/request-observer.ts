/** Joins what a tracked request leaves behind with the rooms that say whose it was and what is known of its client. */
import type { Visitors } from "./document/visitor.ts";
import type { AgentReader } from "./enrich/agent.ts";
import type { Enricher } from "./enrich/enrich.ts";
import { maskIp } from "./lib/mask-ip.ts";
import type { EventStore } from "./model/event-store.ts";
import { createObserver, type Observer, type ObserverOptions } from "./observe/observe.ts";
import type { assignersOf } from "./site-assigners.ts";

export interface RequestObserverParts extends Pick<ObserverOptions, "now" | "onDropped" | "onError"> {
  readonly store: Pick<EventStore, "append">;
  readonly visitors: Visitors;
  readonly enrich: Enricher;
  readonly agents: AgentReader;
  readonly assigners: ReturnType<typeof assignersOf>;
  /** events that may wait for the disk, of all kinds */
  readonly pendingEvents: number;
}

export const createRequestObserver = (parts: RequestObserverParts): Observer => {
  const { store, visitors, enrich, agents, assigners, now, onDropped, onError } = parts;
  return createObserver({
    make: {
      enrich: (event, x, privacy) =>
        enrich(event, { headers: x.req.headers as PlainHeaders, site: x.site, privacy }),
      maskIp,
      visitorOf: (x) => visitors.resolve(x, false),
      variantsOf: ({ site, req }, { id }) =>
        id === null || site.cookieless || agents(req.headers["user-agent"] ?? "").bot !== null
          ? null
          : assigners.at(site).all(id),
    },
    append: (events) => store.append(events),
    waiting: Math.ceil(parts.pendingEvents / 4), // the rest is for hits, whose senders were promised something
    now,
    onDropped,
    onError,
  });
};

/** Request headers: only `set-cookie` comes as an array, and requests have none. */
type PlainHeaders = Readonly<Record<string, string | undefined>>;
