/**
 * The core of collection, free of sockets: a request as data in, an answer as data out, once its events are on disk.
 * HTTP, websocket frames and recordings come through here alike. Whatever a client sends is answered; what this
 * rejects with is a fault of ours.
 */
import { maskTuples } from "../lib/mask-secrets.ts";
import type { Event, Keyed } from "../model/event.ts";
import { type EventStore, StoreBusy } from "../model/event-store.ts";
import type { Hit } from "../model/hit.ts";
import type { Decoded, Endpoint, HitAnswer, Protocol } from "../model/protocol.ts";
import type { Site } from "../model/site.ts";
import type { Visitor } from "../model/visitor.ts";
import { answered, busy, plain, refused, rejectsHeader, shown, storedIds } from "./answers.ts";
import { type Asked, isForeign } from "./asked.ts";
import { corsFor, judgeOrigin, type Origin, preflightHeaders } from "./cors.ts";
import { createEndpointFinder } from "./find-endpoint.ts";
import { giveIds, labelForeign, withoutForeignConsent } from "./give-ids.ts";
import { hitOf, spokenFor } from "./make-hit.ts";
import type { CollectAnswer, CollectRequest } from "./request.ts";
import { suffices, trustOf } from "./trust.ts";
import { knownEncodings, textOf, type Unpacked } from "./unpack.ts";

export interface CollectorOptions {
  readonly protocols: readonly Protocol[];
  readonly store: Pick<EventStore, "append" | "reject">;
  readonly enrich: (event: Event, hit: Hit) => void;
  /** Marks what an event may say of who somebody is; the hit is the request's own. */
  readonly markClaims?: (event: Event, hit: Hit, origin: Origin) => void;
  /** Reads the visitor from the request, without minting one. */
  readonly resolve: (request: CollectRequest, isForeign: boolean) => Visitor;
  /** `Set-Cookie` for a visitor who has no id yet. */
  readonly issue: (request: CollectRequest, visitorId: string) => string;
  /** variants in force for a visitor */
  readonly variantsOf: (site: Site, visitorId: string) => Readonly<Record<string, string>> | null;
  /** a packed body may hold so much */
  readonly maxBodyBytes: number;
}

export interface Collector {
  take(request: CollectRequest): Promise<CollectAnswer>;
}

export const createCollector = (options: CollectorOptions): Collector => {
  const find = createEndpointFinder(options.protocols);

  const take = (request: CollectRequest): Promise<CollectAnswer> => {
    const { headers, site } = request;
    const origin = judgeOrigin(headers, request.host, site);
    const cors = corsFor(headers["origin"], origin);
    const entrance = find(request.path);
    if (entrance === null || entrance.endpoint.from === "nobody") {
      return Promise.resolve(plain(404, `${notTaken(request)}: \`turnpike routes\` lists the paths`, cors));
    }
    const { id } = entrance.protocol;
    if (!site.protocols.includes(id)) {
      return Promise.resolve(
        plain(404, `${notTaken(request)}: add ${id} to the protocols of site ${site.id}`, cors),
      );
    }
    if (request.method === "OPTIONS") return Promise.resolve(answered(200, [...cors, ...preflightHeaders]));
    const { from } = entrance.endpoint;
    const trust = trustOf(request, from);
    if (!suffices(trust, from)) return Promise.resolve(refused(site, from, cors));
    const asked: Asked = { entrance, origin, trust, siteProblem: request.siteProblem, headers: cors };
    if (request.unreadable !== undefined) return answer(request, asked, unread(request.unreadable), null);
    const text = textOf(request.body, headers["content-encoding"], options.maxBodyBytes);
    if (typeof text === "string") return keep(request, asked, text);
    return text.then((unpacked) => takeUnpacked(request, asked, unpacked));
  };

  const takeUnpacked = (
    request: CollectRequest,
    asked: Asked,
    unpacked: Unpacked,
  ): CollectAnswer | Promise<CollectAnswer> => {
    const { headers } = asked;
    const { maxBodyBytes } = options;
    switch (unpacked.kind) {
      case "text":
        return keep(request, asked, unpacked.text);
      case "tooLarge":
        return plain(
          413,
          `the body is over ${maxBodyBytes} bytes once unpacked: send less, or raise limits.bodyBytes`,
          headers,
        );
      case "unknown":
        headers.push("accept-encoding", knownEncodings);
        return plain(
          415,
          `a body in ${unpacked.encoding} is not taken here: send it in ${knownEncodings}, or not packed`,
          headers,
        );
      case "broken":
        return answer(request, asked, unread(unpacked.reason), null);
    }
  };

  /** Decodes and stores a request whose body is known. */
  const keep = (request: CollectRequest, asked: Asked, body: string): Promise<CollectAnswer> => {
    const visitor = options.resolve(withoutForeignConsent(request, asked), isForeign(asked));
    const hit = hitOf(request, asked, body, visitor);
    const decoded = asked.entrance.protocol.decode(hit);
    const minted = giveIds(request, asked, decoded.events, visitor);
    for (const keyed of decoded.events) complete(keyed, hit, asked);
    if (minted !== null) asked.headers.push("set-cookie", options.issue(request, minted));
    return answer(request, asked, decoded, hit);
  };

  /** Fills in what the decoder cannot know. */
  const complete = ({ event, client }: Keyed, hit: Hit, asked: Asked): void => {
    const { origin, siteProblem } = asked;
    if (event.client_id) {
      const inForce = options.variantsOf(hit.site, event.client_id);
      if (inForce) event.experiments ??= inForce;
    }
    if (siteProblem !== undefined)
      event.problems = [...(event.problems ?? []), { field: "site", problem: siteProblem }];
    if (isForeign(asked)) labelForeign(event);
    options.enrich(event, client === undefined ? hit : spokenFor(hit, client));
    options.markClaims?.(event, hit, origin);
  };

  const answer = async (
    request: CollectRequest,
    { entrance, headers }: Asked,
    decoded: Decoded,
    hit: Hit | null,
  ): Promise<CollectAnswer> => {
    const { events, rejects } = decoded;
    // What cannot be read may name its sender, as what can be read would.
    const mayShow = hit === null || hit.privacy.tracking === "full";
    for (const reject of rejects) {
      options.store.reject({
        ...reject,
        sample: mayShow ? reject.sample : "",
        site: request.site.id,
        receivedAt: request.receivedAt,
        method: request.method,
        path: maskTuples(request.path, entrance.endpoint.path).slice(0, 500),
      });
    }
    if (rejects.length > 0) headers.push("turnpike-rejects", rejectsHeader(rejects));
    if (events.length > 0) {
      const started = performance.now();
      try {
        await options.store.append(events);
      } catch (error) {
        if (error instanceof StoreBusy) return busy(error, headers);
        throw error;
      }
      headers.push(
        "turnpike-event",
        storedIds(events),
        "server-timing",
        `commit;dur=${(performance.now() - started).toFixed(1)}`,
      );
    }
    if (request.debugs) return shown(decoded, headers);
    return hit === null ? answered(200, headers) : answerOf(entrance.endpoint, decoded, hit, headers);
  };

  return { take };
};

const unread = (reason: string): Decoded => ({ events: [], rejects: [{ reason, sample: "" }] });

const notTaken = ({ path }: CollectRequest): string => `no events are taken at ${path.slice(0, 200)}`;

const answerOf = (endpoint: Endpoint, decoded: Decoded, hit: Hit, headers: string[]): HitAnswer => {
  if (endpoint.answer === undefined) return answered(200, headers);
  const own = endpoint.answer(decoded, hit);
  for (const part of own.headers) headers.push(part);
  return { status: own.status, headers, body: own.body };
};
