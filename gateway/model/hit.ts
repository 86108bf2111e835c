import type { Site } from "./site.ts";

/** One request to a collect endpoint, undecoded. Knows no socket, so that a recorded one replays alike. */
export interface Hit {
  readonly site: Site;
  /** ms since 1970 */
  readonly receivedAt: number;
  readonly method: string;
  /** as received: percent-encoded, without the query */
  readonly path: string;
  /** as received, without the `?` */
  readonly query: string;
  /** lower-case names; a repeated header is joined as Node does */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: Readonly<Record<string, string>>;
  readonly body: string;
  /** the client's address by `trustedProxies`, unmasked; decoders mask it before it enters an event */
  readonly address: string;
  /** The visitor of the request as the gateway decided it (cookie `vid`), null if it has none. */
  readonly visitorId: string | null;
  readonly sessionId: string | null;
  /** variants that our visitor of the request was shown, where its events bring another id: experiment → variant */
  readonly experiments: Readonly<Record<string, string>> | null;
  readonly privacy: Privacy;
  /** the request proved to be the site's own server (write key, or an address that the site trusts) */
  readonly trusted: boolean;
  /** a page of another site sent it */
  readonly isForeign?: boolean;
  /** which process took it, where several do: identical hits of one millisecond are told apart in each */
  readonly takenBy?: number;
  /** the path of the endpoint that took it: what comes after it is the protocol's */
  readonly base?: string;
}

/** What this visitor allows. `none`: null ids, no personal columns, no cookies, no exposure. */
export interface Privacy {
  readonly tracking: "full" | "none";
  readonly consent: "granted" | "denied" | null;
  readonly reason: "gpc" | "dnt" | "optout" | "consent" | null;
}
