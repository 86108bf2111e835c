import type { Exchange } from "../http/exchange.ts";
import type { Event, Keyed } from "../model/event.ts";
import type { Assignment } from "../model/experiment.ts";
import type { Privacy } from "../model/hit.ts";
import { newId, uuidTime } from "../model/ids.ts";
import type { Visitor } from "../model/visitor.ts";

/** What the gateway's own events need from the rooms of the event side. */
export interface EventMaker {
  /** `privacy` says what may be worked out of the request. */
  readonly enrich: (event: Event, x: Exchange, privacy: Privacy) => void;
  readonly maskIp: (address: string, level: number) => string | null;
  readonly now: () => number;
}

export interface Served {
  readonly x: Exchange;
  readonly visitor: Visitor;
  /** null for a page that another server sent */
  readonly pageLoadId: string | null;
  readonly status: number;
  /** the page's address, where it is not the request's */
  readonly page?: string;
  readonly experiments: Readonly<Record<string, string>> | null;
}

/** A document left for a browser; whether somebody saw it, the page view with the same page-load id says. */
export const documentEvent = (make: EventMaker, served: Served): Keyed =>
  finish(make, served, {
    ...base(make, served),
    type: "log",
    name: "document",
    status: served.status,
    duration_ms: Math.max(0, make.now() - served.x.receivedAt),
  });

/** The visitor was served a variant. */
export const exposureEvent = (make: EventMaker, served: Served, assignment: Assignment): Keyed =>
  finish(make, served, {
    ...base(make, served),
    type: "exposure",
    name: "exposure",
    experiment_id: assignment.experiment,
    variation_id: assignment.variant,
  });

const base = (make: EventMaker, { x, visitor, pageLoadId, page, experiments }: Served) => {
  const personal =
    visitor.privacy.tracking === "full"
      ? {
          client_id: visitor.id,
          client_session_id: visitor.sessionId,
          ip_address: make.maskIp(x.address, x.site.ipMasking),
        }
      : {};
  return {
    id: newId(),
    property_id: x.site.id,
    tracking_protocol: "gateway",
    timestamp_utc: x.receivedAt,
    received_at: x.receivedAt,
    ...(pageLoadId === null ? {} : { page_load_id: pageLoadId }),
    ...(page === undefined ? addressOf(x) : { page_location: page }),
    ...(visitor.privacy.consent ? { consent: visitor.privacy.consent } : {}),
    ...(experiments ? { experiments } : {}),
    ...personal,
  } as const;
};

const addressOf = (x: Exchange) => ({
  page_location: `${x.secure ? "https" : "http"}://${x.req.headers.host ?? x.host}${x.req.url ?? x.path}`,
  ...(x.req.headers.referer ? { page_referrer: x.req.headers.referer } : {}),
});

const finish = (make: EventMaker, { x, visitor }: Served, event: Event): Keyed => {
  make.enrich(event, x, visitor.privacy);
  return { event, keyTime: uuidTime(event.id) };
};
