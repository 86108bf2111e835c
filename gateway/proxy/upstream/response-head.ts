import type { HeaderPairs } from "../header-pairs.ts";
import { UpstreamError } from "./upstream-error.ts";

/** How the body that follows a head is framed (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "close" };

export interface AnswerHead {
  readonly status: number;
  /** names in lower case */
  readonly pairs: HeaderPairs;
  readonly framing: Framing;
  /** The connection may carry another request after this answer. */
  readonly keepAlive: boolean;
  /** seconds after which the upstream says it closes an idle connection; -1 where it does not say */
  readonly idleSeconds: number;
  /** Events follow, for as long as both sides like. */
  readonly isEventStream: boolean;
}

// One line after the other, nothing folded, no bare CR, LF or NUL (RFC 9112 §4, §5): a head that two readers could
// read in two ways is not read at all.
const wellFormed =
  /^HTTP\/1\.[01] [1-9][0-9]{2}(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/;

/** Reads a head without its final empty line; `method` is the request's. Throws where it cannot be trusted. */
export const readHead = (text: string, method: string): AnswerHead => {
  if (!wellFormed.test(text)) throw new UpstreamError("malformed", "proxy: the upstream's head is malformed");
  const isOld = text.charCodeAt(7) === 0x30;
  const status = Number(text.slice(9, 12));
  const pairs: string[] = [];
  let length: string | null = null;
  let coding: string | null = null;
  let connection = "";
  let idleSeconds = -1;
  let isEventStream = false;
  for (let at = text.indexOf("\r\n"); at >= 0; ) {
    const start = at + 2;
    at = text.indexOf("\r\n", start);
    const colon = text.indexOf(":", start);
    const name = text.slice(start, colon).toLowerCase();
    const value = trimmed(text, colon + 1, at < 0 ? text.length : at);
    if (name === "content-length") {
      const isRepeated = length !== null;
      length = agreed(length, value);
      if (isRepeated) continue; // said once, as it may be passed on no other way (RFC 9110 §8.6)
    }
    pairs.push(name, value);
    if (name === "transfer-encoding") coding = coding === null ? value : `${coding}, ${value}`;
    else if (name === "connection") connection = `${connection},${value.toLowerCase()}`;
    else if (name === "keep-alive") idleSeconds = timeoutOf(value);
    else if (name === "content-type") isEventStream = value.startsWith("text/event-stream");
  }
  const framing = framingOf(status, method, length, coding);
  const keepAlive = staysOpen(isOld, connection, framing);
  return { status, pairs, framing, keepAlive, idleSeconds, isEventStream };
};

/** Without the blanks around it (RFC 9110 §5.5). */
const trimmed = (text: string, from: number, to: number): string => {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
};

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const agreed = (before: string | null, value: string): string => {
  if (!/^\d{1,15}$/.test(value) || (before !== null && before !== value)) {
    throw new UpstreamError("malformed", "proxy: the upstream's content-length cannot be read");
  }
  return value;
};

const framingOf = (status: number, method: string, length: string | null, coding: string | null): Framing => {
  // Both together is how one message is made to look like two (RFC 9112 §6.1).
  if (coding !== null && length !== null)
    throw new UpstreamError("malformed", "proxy: the upstream frames its answer in two ways");
  if (coding !== null && coding.toLowerCase() !== "chunked")
    throw new UpstreamError(
      "malformed",
      `proxy: the upstream's transfer coding ${coding.slice(0, 40)} is unknown`,
    );
  if (status < 200 || status === 204 || status === 304 || method === "HEAD") return { kind: "none" };
  if (coding !== null) return { kind: "chunked" };
  return length === null ? { kind: "close" } : { kind: "length", bytes: Number(length) };
};

const staysOpen = (isOld: boolean, connection: string, framing: Framing): boolean => {
  // A coding in HTTP/1.0 came through somebody who does not know it: where the body ends is not sure (RFC 9112 §6.1).
  if (framing.kind === "close" || (isOld && framing.kind === "chunked")) return false;
  if (connection === "") return !isOld;
  const tokens = connection.split(",").map((token) => token.trim());
  return !tokens.includes("close") && (!isOld || tokens.includes("keep-alive"));
};

const timeoutOf = (value: string): number => {
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? -1 : Number(seconds);
};
