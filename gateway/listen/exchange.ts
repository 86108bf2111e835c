import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Clock } from "../lib/clock.ts";
import { clientAddress, plainAddress } from "../lib/ip.ts";
import type { Site } from "../model/site.ts";
import { hostOf, parseTarget } from "./target.ts";

/** What a listener must know to make an `Exchange` of a request. */
export interface ExchangeSources {
  readonly siteOf: (host: string) => Site | null;
  readonly isTrusted: (address: string) => boolean;
  readonly clock: Clock;
}

/**
 * The exchange of a request. Throws 400 for a request that can be read in two ways, 421 for an
 * unknown host, 505 for a version that the parser takes and we do not.
 */
export const openExchange = (
  req: IncomingMessage,
  res: ServerResponse,
  { siteOf, isTrusted, clock }: ExchangeSources,
): Exchange => {
  if (req.httpVersionMajor !== 1) throw new HttpError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  if (countHosts(req.rawHeaders) > 1) throw new HttpError(400, "the request has several Host headers");
  const { path, query, authority } = parseTarget(req.method ?? "GET", req.url ?? "/", req.headers.host);
  const host = hostOf(authority);
  const site = siteOf(host);
  if (!site) throw new HttpError(421, `${host || "a request without a host"} is not served here`);
  const peer = req.socket.remoteAddress;
  const forwardedFor = req.headers["x-forwarded-for"];
  return {
    req,
    res,
    receivedAt: clock(),
    path,
    query,
    host,
    secure: isSecure(req, isTrusted),
    address: clientAddress(peer, typeof forwardedFor === "string" ? forwardedFor : undefined, isTrusted),
    site,
    id: undefined,
    requestEdits: new Map(),
    responsePasses: [],
  };
};

// Node keeps the first of several Host headers; a server behind us may keep the last (RFC 9112 §3.2).
const countHosts = (rawHeaders: readonly string[]): number => {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count;
};

const isSecure = (req: IncomingMessage, isTrusted: (address: string) => boolean): boolean => {
  if ("encrypted" in req.socket) return true;
  const forwarded = req.headers["x-forwarded-proto"];
  if (typeof forwarded !== "string" || !isTrusted(plainAddress(req.socket.remoteAddress))) return false;
  // The last element is the one that the trusted proxy wrote; those before may be the client's.
  return (
    forwarded
      .slice(forwarded.lastIndexOf(",") + 1)
      .trim()
      .toLowerCase() === "https"
  );
};
