/**
 * The room of collection: takes hits, and answers once their events are on disk. Everything that can be wrong with a
 * hit is a value by the time it gets to the collector; this file is what of it is HTTP.
 */
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { ReadBody } from "../http/read-body.ts";
import type { Collector } from "./collector.ts";
import { corsHeaders, originOf } from "./cors.ts";
import type { CollectAnswer, CollectRequest, Headers } from "./request.ts";

export interface CollectOptions {
  readonly collector: Collector;
  /** May this request see stored rows (`?debug=1`)? */
  readonly mayDebug: (x: Exchange) => boolean;
  readonly readBody: ReadBody;
  readonly maxBodyBytes: number;
}

export const collect = ({ collector, mayDebug, readBody, maxBodyBytes }: CollectOptions): Handler => {
  return async (x) => {
    const { method } = x.req;
    const body = method === "POST" || method === "PUT" ? await bodyOf(x, maxBodyBytes, readBody) : "";
    const debugs = x.query.includes("debug=1") && mayDebug(x);
    writeAnswer(x, await collector.take(requestOf(x, body, debugs)));
  };
};

/** What the collector reads of an exchange. */
export const requestOf = (x: Exchange, body: Buffer | string, debugs = false): CollectRequest => ({
  site: x.site,
  receivedAt: x.receivedAt,
  method: x.req.method ?? "GET",
  path: x.path,
  query: x.query,
  host: x.host,
  secure: x.secure,
  address: x.address,
  headers: x.req.headers as Headers, // only set-cookie is an array, and requests have none
  body,
  debugs,
});

/** Sends what the collector answered. */
export const writeAnswer = (x: Exchange, { status, headers, body }: CollectAnswer): void => {
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  const framed = status === 204 ? [...headers] : [...headers, "content-length", String(length)]; // RFC 9110 §8.6
  x.res.writeHead(status, framed);
  x.res.end(x.req.method === "HEAD" || length === 0 ? undefined : body);
};

/** A page of the site must be able to read why its hit was refused: refusals carry the headers for that. */
export const bodyOf = async (x: Exchange, maxBytes: number, readBody: ReadBody): Promise<Buffer> => {
  try {
    return await readBody(x, maxBytes);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    throw new HttpError(error.status, error.message, {
      headers: { ...error.headers, ...paired(corsHeaders(x, originOf(x))) },
    });
  }
};

const paired = (list: readonly string[]): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < list.length; i += 2) headers[list[i] ?? ""] = list[i + 1] ?? "";
  return headers;
};
