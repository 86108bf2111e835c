/**
 * Fields after a body. They speak for the message as much as its head does, and come when everybody has decided by the
 * head: what frames, routes, authenticates or names the client is not taken from there (RFC 9110 §6.5.1).
 */
import type { IncomingMessage } from "node:http";
import { dashed, dropHopByHop, type HeaderPairs, pairsOf, without } from "./header-pairs.ts";

/** The trailers of a message, without those that only a head may carry; names in lower case. */
export const allowedTrailers = (pairs: HeaderPairs): HeaderPairs =>
  dropHopByHop(without(pairs, (name) => ofHeadAlone.has(name) || isOurs(name)));

/** What a request's trailers are for an upstream: complete once its body has ended. */
export const requestTrailers = (req: IncomingMessage): HeaderPairs =>
  req.rawTrailers.length === 0 ? none : allowedTrailers(pairsOf(req.rawTrailers));

const none: HeaderPairs = [];

const ofHeadAlone: ReadonlySet<string> = new Set([
  // framing and routing
  "content-length",
  "host",
  "via",
  "max-forwards",
  // who asks, and who may
  "authorization",
  "cookie",
  "set-cookie",
  "forwarded",
  "origin",
  "www-authenticate",
  // how the message is to be taken
  "age",
  "cache-control",
  "content-encoding",
  "content-range",
  "content-type",
  "date",
  "expect",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "location",
  "pragma",
  "range",
  "retry-after",
  "vary",
]);

/** Fields by which we, or those before us, tell a server who asks, however they are written. */
const isOurs = (written: string): boolean => {
  const name = dashed(written);
  return (
    name.startsWith("x-forwarded-") ||
    name.startsWith("x-client-cert-") ||
    name === "x-real-ip" ||
    name === "x-request-id" ||
    name === "x-experiment"
  );
};
