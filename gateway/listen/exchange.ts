import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Clock } from "../lib/clock.ts";
import { forwardedProto } from "../lib/forwarded.ts";
import { clientOf, plainAddress } from "../lib/ip.ts";
import { METHODS } from "../lib/node-http.ts";
import type { Site } from "../model/site.ts";
import { BareRequest, WaitingBody } from "./h2/request.ts";
import { hstsOf } from "./hsts.ts";
import { methodsAllowed } from "./malformed.ts";
import { hostOf, parseTarget } from "./target.ts";

/** What a listener must know to make an `Exchange` of a request. */
export interface ExchangeSources {
  /** all headers of a request together; HTTP/1.1's parser counts them by itself */
  readonly headerBytes?: number;
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
  { headerBytes, siteOf, isTrusted, clock }: ExchangeSources,
): Exchange => {
  if (isHttp2(req)) refuseOddHttp2(req, headerBytes);
  else if (req.httpVersionMajor !== 1) throw new HttpError(505, "only HTTP/1 and HTTP/2 are spoken here");
  else refuseOddHttp1(req);
  if (countHosts(req.rawHeaders) > 1) throw new HttpError(400, "the request has several Host headers");
  const { path, query, authority } = parseTarget(req.method ?? "GET", req.url ?? "/", req.headers.host);
  const host = hostOf(authority);
  const site = siteOf(host);
  if (!site) throw new HttpError(421, `${host || "a request without a host"} is not served here`);
  const peer = req.socket.remoteAddress;
  const secure = isSecure(req, isTrusted);
  const hsts = secure ? hstsOf(site, host) : null;
  if (hsts) res.setHeader("strict-transport-security", hsts);
  return {
    req,
    res,
    receivedAt: clock(),
    path,
    query,
    host,
    secure,
    address: clientOf(peer, req.headers, isTrusted),
    site,
    id: idBefore(req.headers, peer, isTrusted),
    requestEdits: new Map(),
    responsePasses: [],
  };
};

// A request line may claim that version too.
const isHttp2 = (req: unknown): boolean => req instanceof BareRequest || req instanceof WaitingBody;

const refuseOddHttp1 = (req: IncomingMessage): void => {
  refuseOddCoding(req);
  // RFC 9112 §3.2
  if (req.httpVersionMinor !== 0 && req.headers.host === undefined)
    throw new HttpError(400, "the request has no Host header");
};

const refuseOddHttp2 = (req: IncomingMessage, headerBytes = Number.POSITIVE_INFINITY): void => {
  if (sizeOf(req.headers) > headerBytes) throw new HttpError(431, "the request's headers are too large");
  refuseOddMethod(req.method ?? "");
  refuseOddTarget(req.url ?? "");
};

// HTTP/1.1's parser knows these and no others, and a word in small letters is another method (RFC 9110 §9.1).
const known = new Set(METHODS);

const refuseOddMethod = (method: string): void => {
  if (method === "CONNECT")
    throw new HttpError(405, "this server is not a tunnel", { headers: { allow: methodsAllowed } });
  if (!known.has(method)) throw new HttpError(501, "the request's method is not known here");
};

/** As long as they would be in HTTP/1.1, with a colon, a space and a line's end each. */
const sizeOf = (headers: IncomingMessage["headers"]): number => {
  let size = 0;
  for (const name in headers) size += name.length + 4 + String(headers[name]).length;
  return size;
};

// The parser finds the end of every body whose last coding is `chunked`. What other codings stand before it would be lost
// on the way to a server behind us, and in HTTP/1.0 nobody knows what any of it means (RFC 9112 §6.1).
const refuseOddCoding = (req: IncomingMessage): void => {
  const coding = req.headers["transfer-encoding"];
  if (coding === undefined) return;
  if (req.httpVersionMinor === 0) throw new HttpError(400, "HTTP/1.0 knows no Transfer-Encoding");
  if (coding.toLowerCase() !== "chunked")
    throw new HttpError(501, "no Transfer-Encoding but chunked is known here");
};

// In HTTP/2 a path is any bytes: what HTTP/1.1's parser would not take in a request line must not get into one behind us.
const refuseOddTarget = (path: string): void => {
  if (!/^(\/[!-~]*|\*)$/.test(path)) throw new HttpError(400, "the request's path cannot be read");
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

/** A trusted proxy has named the request: its log, ours and the upstream's speak of one id. */
export const idBefore = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  peer: string | undefined,
  isTrusted: (address: string) => boolean,
): string | undefined => {
  const id = headers["x-request-id"];
  if (typeof id !== "string" || !isTrusted(plainAddress(peer))) return undefined;
  return /^[\w.:+/=-]{1,128}$/.test(id) ? id : undefined;
};

const isSecure = ({ socket, headers }: IncomingMessage, isTrusted: (address: string) => boolean): boolean =>
  "encrypted" in socket || isForwardedSecure(headers, socket.remoteAddress, isTrusted);

/**
 * A trusted proxy says that the client's connection to it is encrypted, in `X-Forwarded-Proto`, or in `Forwarded` where there
 * is no such field.
 */
export const isForwardedSecure = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  peer: string | undefined,
  isTrusted: (address: string) => boolean,
): boolean => {
  const { "x-forwarded-proto": proto, forwarded } = headers;
  if ((proto === undefined && forwarded === undefined) || !isTrusted(plainAddress(peer))) return false;
  // The last element is the one that the trusted proxy wrote; those before may be the client's.
  const told = proto === undefined ? forwardedProto(String(forwarded)) : String(proto).split(",").at(-1);
  return told?.trim().toLowerCase() === "https";
};
