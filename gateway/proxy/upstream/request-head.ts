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

// HTTP/1.1 keeps a connection without being asked; servers of HTTP/1.0 do not.
const kept: HeaderPairs = ["connection", "keep-alive"];
const keptInChunks: HeaderPairs = [...kept, "transfer-encoding", "chunked"];
const upgraded: HeaderPairs = ["connection", "Upgrade", "upgrade", "websocket"];

/** The head as it goes over the wire, in latin1. Throws 400 for what would not stay one head. */
export const writeRequestHead = (request: UpstreamRequest, chunked: boolean): string =>
  write(request, chunked ? keptInChunks : kept);

/** The head that asks for a websocket. Throws 400 for what would not stay one head. */
export const writeUpgradeHead = (request: UpstreamRequest): string => write(request, upgraded);

const write = ({ method, target, host, pairs }: UpstreamRequest, ours: HeaderPairs): string => {
  let head = `${method} ${target} HTTP/1.1\r\n`;
  let lines = 1 + (pairs.length + ours.length) / 2;
  if (firstValue(pairs, "host") === undefined) {
    head += `host: ${host}\r\n`;
    lines++;
  }
  for (let i = 0; i < pairs.length; i += 2) head += `${pairs[i]}: ${pairs[i + 1]}\r\n`;
  for (let i = 0; i < ours.length; i += 2) head += `${ours[i]}: ${ours[i + 1]}\r\n`;
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
