import type { Exchange } from "../http/exchange.ts";

/** How a request stands to the site it speaks to, by its `Origin` and `Sec-Fetch-Site`. */
export type Origin = "own" | "any" | "none" | "foreign";

/**
 * `own`: the page is on this host or one that the site names; `any`: the site takes every host (`*`); `none`: no
 * browser said where it comes from; `foreign`: another site's page.
 */
export const originOf = (x: Exchange): Origin => {
  const origin = x.req.headers.origin;
  if (origin === undefined) {
    const from = x.req.headers["sec-fetch-site"];
    return from === undefined || from === "none" ? "none" : from === "same-origin" ? "own" : "foreign";
  }
  const host = hostOf(origin);
  if (host === null) return "foreign"; // "null" and other opaque origins
  if (host === x.host || x.site.hosts.some((pattern) => matches(pattern, host))) return "own";
  return x.site.hosts.includes("*") ? "any" : "foreign";
};

/**
 * Cross-origin headers: the site's own origins are named and may send credentials, every other page may send events
 * without them. The two are never mixed.
 */
export const corsHeaders = (x: Exchange, origin: Origin): string[] => {
  const from = x.req.headers.origin;
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

/** What a preflight is answered: the old clients' values and `Content-Type`. */
export const preflightHeaders: readonly string[] = [
  "access-control-allow-headers",
  "Authorization,Accept,User,Content-Type",
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
