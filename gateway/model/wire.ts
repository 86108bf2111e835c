/**
 * The wire format between the script (or an SDK) and the gateway, as types. `tracker-js` and `sdk` import it
 * with `import type`; `decode/native` reads the same names.
 */
export interface WireEvent {
  /** event id, a UUIDv7 made by the client: retries are safe */
  eid: string;
  /** name */
  ename: string;
  type: "page" | "track" | "outcome" | "identify";
  /** ms since 1970 by the client's clock */
  created: number;
  /** the client's own count of its events, orders equal times */
  seq: number;
  url?: string;
  last?: string;
  title?: string;
  /** page-load id from the script tag */
  plid?: string;
  vid?: string;
  sid?: string;
  uid?: string;
  tz?: string;
  culture?: string;
  w?: number;
  h?: number;
  sr?: string;
  value?: number;
  currency?: string;
  params?: Record<string, unknown>;
}

/** A batch: its send time lets the gateway correct the client's clock. */
export interface WireBatch {
  /** ms since 1970 by the client's clock, when it was sent */
  sent: number;
  /** site id, for drop-in scripts on another origin */
  site?: string;
  events: WireEvent[];
}

/** `GET /tr/v1/x`: what the page may know of its visitor. */
export interface WireVariants {
  /** last four characters of the visitor's id, null without one */
  visitor: string | null;
  /** experiment → variant in force */
  variants: Record<string, string>;
  params: Record<string, string | number | boolean>;
}
