/**
 * The wire format between the script (or an SDK) and the gateway, as types. `tracker-js` and `sdk` import it
 * with `import type`; `decode/native` reads the same names.
 */
export interface WireEvent {
  /** event id, a UUIDv7 made by the client: retries are safe */
  eid: string;
  /** name; an event without one is called by its type */
  ename?: string;
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
  /** in those of a track or an outcome `value` and `currency` are its amount, where it says none beside them */
  params?: Record<string, unknown>;
  /** the entity that referred this visit: a code or a host, never an address */
  ref?: string;
  /** what `identify` says of the user */
  traits?: Record<string, unknown>;
}

/** A batch: its send time lets the gateway correct the client's clock. */
export interface WireBatch {
  /** ms since 1970 by the client's clock, when it was sent */
  sent: number;
  /** events that this browser could not deliver in time, or had no room for: a property of the first that comes */
  dropped?: number;
  events: WireEvent[];
}

/** `GET /tr/v1/x`: what the page may know of its visitor. */
export interface WireVariants {
  /** last four characters of the visitor's id, null without one */
  visitor: string | null;
  /** experiment → variant in force */
  variants: Record<string, string>;
  params: Record<string, string | number | boolean>;
  cookies?: WireCookies;
}

/** `POST /tr/v1/share` and `/handover`: what was asked for, where there is such a thing for this visitor. */
export interface WireLink {
  cookies: WireCookies;
  link?: string;
}

/** The cookies that a script on another origin writes for us: values as they are written, and lives in seconds. */
export type WireCookies = readonly (readonly [name: string, value: string, seconds: number])[];
