import type { Exchange } from "../http/exchange.ts";
import type { Site } from "../model/site.ts";
import type { Headers } from "./request.ts";

/** How a request stands to the site it speaks to, by its `Origin` and `Sec-Fetch-Site`. */
export type Origin = "own" | "any" | "none" | "foreign";

/**
 * `own`: the page is on this host or one that the site names; `any`: the site takes every host (`*`); `none`: no
 * browser said where it comes from; `foreign`: another site's page.
 */
export const judgeOrigin = (headers: Headers, host: string, site: Site): Origin => {
  const origin = headers["origin"];
  if (origin === undefined) {
    const from = headers["sec-fetch-site"];
    return from === undefined || from === "none" ? "none" : from === "same-origin" ? "own" : "foreign";
  }
  const from = hostOf(origin);
  if (from === null) return "foreign"; // "null" and other opaque origins
  if (from === host || site.hosts.some((pattern) => matches(pattern, from))) return "own";
  return site.hosts.includes("*") ? "any" : "foreign";
};

/** Does a page with this `Origin`, which asks at `host`, lie on one of the hosts that the site names? */
export const isPageOf = (site: Site, origin: string, host: string): boolean => {
  const from = hostOf(origin);
  if (from === null) return false;
  // A page of the host itself is of the site that has this host, as long as another only takes any.
  return site.hosts.some((pattern) => matches(pattern, from)) || (from !== host && site.hosts.includes("*"));
};

export const originOf = (x: Pick<Exchange, "req" | "host" | "site">): Origin =>
  judgeOrigin(x.req.headers as Headers, x.host, x.site);

/**
 * Cross-origin headers: the site's own origins are named and may send credentials, every other page may send events
 * without them. The two are never mixed.
 */
export const corsFor = (from: string | undefined, origin: Origin): string[] => {
  if (from === undefined) return ["access-control-allow-origin", "*"];
  const exposed = [
    "access-control-expose-headers",
    "Turnpike-Event, Turnpike-Rejects, Server-Timing, Retry-After",
  ];
  if (origin !== "own") return ["access-control-allow-origin", "*", "vary", "Origin", ...exposed];
  return [
    "access-control-allow-origin",
    from,
    "access-control-allow-credentials",
    "true",
    "vary",
    "Origin",
    ...exposed,
  ];
};

export const corsHeaders = (x: Exchange, origin: Origin): string[] => corsFor(x.req.headers.origin, origin);

/** What a preflight is answered: the old clients' values and `Content-Type`. */
export const preflightHeaders: readonly string[] = [
  "access-control-allow-headers",
  "Authorization,Accept,User,Content-Type,Content-Encoding",
  "access-control-allow-methods",
  "GET,POST,HEAD,PUT,DELETE",
  "access-control-max-age",
  "1728000",
];

/** A bare `*` takes every page's events, but is no reason to let every page read with credentials. */
const matches = (pattern: string, host: string): boolean => {
  if (pattern === "*") return false;
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : pattern === host;
};

const hostOf = (origin: string): string | null => {
  const at = origin.indexOf("://");
  if (at < 0) return null;
  const rest = origin.slice(at + 3).toLowerCase();
  const port = rest.lastIndexOf(":");
  return port > rest.lastIndexOf("]") ? rest.slice(0, port) : rest;
};
