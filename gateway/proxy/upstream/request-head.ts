import { HttpError } from "../../http/http-error.ts";
import { firstValue, type HeaderPairs } from "../header-pairs.ts";

/** One request to an upstream. */
export interface UpstreamRequest {
  readonly method: string;
  /** origin form, as the client sent it */
  readonly target: string;
  /** taken where the pairs have no `host`: HTTP/1.0 clients may leave it out */
  readonly host: string;
  /** names in lower case, without hop-by-hop fields */
  readonly pairs: HeaderPairs;
}

/** The head as it goes over the wire, in latin1. Throws 400 for what would not stay one head. */
export const writeRequestHead = (
  { method, target, host, pairs }: UpstreamRequest,
  chunked: boolean,
): string => {
  let head = `${method} ${target} HTTP/1.1\r\n`;
  let lines = 2 + pairs.length / 2;
  if (firstValue(pairs, "host") === undefined) {
    head += `host: ${host}\r\n`;
    lines++;
  }
  for (let i = 0; i < pairs.length; i += 2) head += `${pairs[i]}: ${pairs[i + 1]}\r\n`;
  // Of no use in HTTP/1.1, except that servers of HTTP/1.0 keep the connection only when asked.
  head += chunked ? "connection: keep-alive\r\ntransfer-encoding: chunked\r\n" : "connection: keep-alive\r\n";
  if (chunked) lines++;
  // Node's parser lets nothing of the kind in; this is the wall behind it, for what our own layers put in.
  if (!plain.test(head) || linesOf(head) !== lines || target.includes(" "))
    throw new HttpError(400, "the request cannot be sent on");
  return `${head}\r\n`;
};

const plain = /^(?:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;

const linesOf = (head: string): number => {
  let lines = 0;
  for (let at = head.indexOf("\n"); at >= 0; at = head.indexOf("\n", at + 1)) lines++;
  return lines;
};
