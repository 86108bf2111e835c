/**
 * The room of collection: takes hits, and answers once their events are on disk. Everything that can be wrong with a
 * hit is a value by the time it gets here; a refusal (413, 503) is the only thing a client must act on.
 */
import type { ServerResponse } from "node:http";
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { readBody } from "../http/read-body.ts";
import type { Event, Keyed } from "../model/event.ts";
import { type EventStore, StoreBusy } from "../model/event-store.ts";
import type { Hit } from "../model/hit.ts";
import { newId } from "../model/ids.ts";
import type { Decoded, Protocol } from "../model/protocol.ts";
import type { Site } from "../model/site.ts";
import type { Visitor } from "../model/visitor.ts";
import { corsHeaders, type Origin, originOf, preflightHeaders } from "./cors.ts";

export interface CollectOptions {
  readonly protocol: Protocol;
  readonly store: Pick<EventStore, "append" | "reject">;
  readonly enrich: (event: Event, hit: Hit) => void;
  /** Reads the visitor from the request, without minting one. */
  readonly resolve: (x: Exchange) => Visitor;
  /** `Set-Cookie` for a visitor who has no id yet. */
  readonly issue: (x: Exchange, visitorId: string) => string;
  /** variants in force for a visitor */
  readonly variantsOf: (site: Site, visitorId: string) => Readonly<Record<string, string>> | null;
  /** May this request see stored rows (`?debug=1`)? */
  readonly mayDebug: (x: Exchange) => boolean;
  readonly maxBodyBytes: number;
  readonly collectPath: string;
}

/** First words below the collect path that are other endpoints of the protocol, not served yet. */
const otherEndpoints = new Set(["str", "img", "rdr", "xrdr", "pub", "ltv", "ppi", "rpi", "ws"]);

export const collect = (options: CollectOptions): Handler => {
  return async (x) => {
    const origin = originOf(x);
    const cors = corsHeaders(x, origin);
    const method = x.req.method ?? "GET";
    if (method === "OPTIONS")
      return void x.res.writeHead(200, [...cors, ...preflightHeaders, "content-length", "0"]).end();
    const [word = ""] = x.path.slice(options.collectPath.length).split("/", 1);
    if (otherEndpoints.has(word))
      throw new HttpError(404, `${options.collectPath}${word}/ is not served by this version`);
    const hasBody = method === "POST" || method === "PUT";
    const body = hasBody ? await bodyOf(x, options.maxBodyBytes, cors) : "";
    const visitor = options.resolve(x);
    const debugs = x.query.includes("debug=1") && options.mayDebug(x);
    const hit = hitOf(x, debugs ? x.query.replace(/(^|&)debug=1(?=&|$)/, "") : x.query, body, visitor);
    const decoded = options.protocol.decode(hit);
    const minted = giveIds(x, decoded.events, visitor, origin);
    for (const { event } of decoded.events) {
      const inForce = event.client_id ? options.variantsOf(x.site, event.client_id) : null;
      if (inForce) event.experiments ??= inForce;
      if (origin === "foreign") label(event);
      options.enrich(event, hit);
    }
    for (const reject of decoded.rejects) {
      options.store.reject({
        ...reject,
        site: x.site.id,
        receivedAt: x.receivedAt,
        method,
        path: x.path.slice(0, 500),
      });
    }
    const cookie = minted ? options.issue(x, minted) : null;
    await answer(x, decoded, cors, cookie, debugs, options);
  };
};

const bodyOf = async (x: Exchange, maxBytes: number, cors: readonly string[]): Promise<string> => {
  const encoding = x.req.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new HttpError(415, `a body in ${encoding.slice(0, 40)} is not taken here: send it uncompressed`, {
      headers: paired(cors),
    });
  }
  try {
    return (await readBody(x.req, maxBytes)).toString("utf8");
  } catch (error) {
    if (error instanceof HttpError) {
      throw new HttpError(error.status, error.message, { headers: { ...error.headers, ...paired(cors) } });
    }
    throw error;
  }
};

const hitOf = (x: Exchange, query: string, body: string, visitor: Visitor): Hit => ({
  site: x.site,
  receivedAt: x.receivedAt,
  method: x.req.method ?? "GET",
  path: x.path,
  query,
  headers: x.req.headers as Record<string, string | undefined>, // only set-cookie is an array, and requests have none
  cookies: {},
  body,
  address: x.address,
  visitorId: visitor.id,
  sessionId: visitor.sessionId,
  experiments: null,
  privacy: visitor.privacy,
  trusted: false,
});

/**
 * A browser of the site that has no visitor yet gets one with this answer: the id its script sent, else a new one.
 * Answers the id to be issued, or null.
 */
const giveIds = (x: Exchange, events: readonly Keyed[], visitor: Visitor, origin: Origin): string | null => {
  if (visitor.id || visitor.privacy.tracking === "none" || events.length === 0) return null;
  // A script on another host of the site keeps the id itself: our cookie would not reach its pages.
  if (origin === "foreign" || origin === "any" || x.req.headers["sec-fetch-site"] === "cross-site")
    return null;
  const id = events.find(({ event }) => event.client_id)?.event.client_id ?? newId();
  for (const { event } of events) event.client_id ??= id;
  return id;
};

/** Events from other sites' pages are kept and marked; they cannot say who somebody is, nor what was paid. */
const label = (event: Event): void => {
  const problems = [
    ...(event.problems ?? []),
    { field: "origin", problem: "sent by a page of another site" },
  ];
  if (event.user_id)
    problems.push({ field: "user_id", problem: "a page of another site cannot identify a visitor" });
  delete event.user_id;
  event.problems = problems;
};

const answer = async (
  x: Exchange,
  decoded: Decoded,
  cors: string[],
  cookie: string | null,
  debugs: boolean,
  options: CollectOptions,
): Promise<void> => {
  const headers = cors;
  if (cookie) headers.push("set-cookie", cookie);
  if (decoded.rejects.length > 0) headers.push("turnpike-rejects", rejectsHeader(decoded));
  if (decoded.events.length > 0) {
    const started = performance.now();
    try {
      await options.store.append(decoded.events);
    } catch (error) {
      if (error instanceof StoreBusy) return busy(x.res, error, headers);
      throw error;
    }
    headers.push(
      "turnpike-event",
      idsOf(decoded.events),
      "server-timing",
      `commit;dur=${(performance.now() - started).toFixed(1)}`,
    );
  }
  if (debugs) return debug(x.res, decoded, headers);
  headers.push("cache-control", "no-store", "content-length", "0");
  x.res.writeHead(200, headers);
  x.res.end();
};

const busy = (res: ServerResponse, error: StoreBusy, headers: string[]): void => {
  const text = `events cannot be stored now (${error.message}): send this again after ${error.retryAfterSeconds} s\n`;
  headers.push(
    "retry-after",
    String(error.retryAfterSeconds),
    "cache-control",
    "no-store",
    "content-type",
    "text/plain; charset=utf-8",
    "content-length",
    String(Buffer.byteLength(text)),
  );
  res.writeHead(503, headers);
  res.end(text);
};

const debug = (res: ServerResponse, decoded: Decoded, headers: string[]): void => {
  const text = `${JSON.stringify({ events: decoded.events.map(({ event }) => event), rejects: decoded.rejects }, null, 2)}\n`;
  headers.push(
    "cache-control",
    "no-store",
    "content-type",
    "application/json",
    "content-length",
    String(Buffer.byteLength(text)),
  );
  res.writeHead(200, headers);
  res.end(text);
};

/** The ids of the stored events; of a large batch the first hundred. */
const idsOf = (events: readonly Keyed[]): string => {
  const [only] = events;
  if (events.length === 1 && only) return only.event.id;
  return events
    .slice(0, 100)
    .map(({ event }) => event.id)
    .join(", ");
};

const rejectsHeader = ({ rejects }: Decoded): string => {
  const reason = (rejects[0]?.reason ?? "").replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 200);
  return `${rejects.length}; ${reason}`;
};

const paired = (list: readonly string[]): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < list.length; i += 2) headers[list[i] ?? ""] = list[i + 1] ?? "";
  return headers;
};
