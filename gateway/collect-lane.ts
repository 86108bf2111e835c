/**
 * Joins the listener's lane with collection: a plain POST that the router would give to collection goes to its core
 * at once, past the same limits.
 */
import type { Collector } from "./collect/collector.ts";
import type { CollectAnswer, CollectRequest } from "./collect/request.ts";
import type { Handler } from "./http/exchange.ts";
import { HttpError } from "./http/http-error.ts";
import { clientOf } from "./lib/ip.ts";
import { normalPath } from "./lib/url-path.ts";
import type { Limiter } from "./limit/limit.ts";
import { limitFields, type Told } from "./limit/refusal.ts";
import { idBefore, isForwardedSecure } from "./listen/exchange.ts";
import { hstsOf } from "./listen/hsts.ts";
import type { LaneAnswer } from "./listen/lane.ts";
import type { PlainRequest } from "./listen/plain-request.ts";
import { hostOf } from "./listen/target.ts";
import type { Site } from "./model/site.ts";
import type { Router } from "./route/router.ts";

export interface CollectLaneParts {
  readonly collector: Collector;
  /** the handler of collection, as the router knows it */
  readonly handler: Handler;
  readonly router: Router;
  readonly limiter: Limiter;
  readonly visitorOf: (request: CollectRequest) => string | null;
  readonly siteOf: (host: string) => Site | null;
  readonly isTrusted: (address: string) => boolean;
  readonly now: () => number;
  readonly maxBodyBytes: number;
  /** told of each answer; `began` is by `performance.now()` */
  readonly onAnswered?: (hit: CollectRequest, answer: CollectAnswer, began: number) => void;
}

/** Told of each hit that was answered, and by what name its route goes. */
export type OnHit = (hit: CollectRequest, answer: CollectAnswer, route: string, began: number) => void;

export type CollectLane = (request: PlainRequest) => Promise<LaneAnswer> | null;

/** Answers null for what is not a plain hit: refusals and everything odd are the long way's. */
export const createCollectLane = (parts: CollectLaneParts): CollectLane => {
  const { collector, router, limiter, isTrusted } = parts;
  return ({ method, target, headers, rawHeaders, body, peer, encrypted }) => {
    if (body.length > parts.maxBodyBytes || target.includes("#") || target.includes("debug=")) return null;
    const host = hostIn(headers["host"] ?? "");
    const site = host === null ? null : parts.siteOf(host);
    if (host === null || !site) return null;
    const mark = target.indexOf("?");
    const path = normalPath(mark < 0 ? target : target.slice(0, mark));
    if (!isFor(router, parts.handler, { host, site, path })) return null;
    const secure = encrypted || isForwardedSecure(headers, peer, isTrusted);
    const address = clientOf(peer, headers, isTrusted);
    if (limiter.isOdd(address, target, rawHeaders.length / 2 + 1)) return null; // and the body's length
    const hit: CollectRequest = {
      site,
      receivedAt: parts.now(),
      method,
      path,
      query: mark < 0 ? "" : target.slice(mark + 1),
      host,
      secure,
      address,
      headers,
      body,
      debugs: false,
      id: idBefore(headers, peer, isTrusted),
    };
    const { onAnswered } = parts;
    const began = performance.now();
    const tell = <A extends CollectAnswer>(answer: A): A => {
      onAnswered?.(hit, answer, began);
      return answer;
    };
    const take = (): Promise<LaneAnswer> => collector.take(hit).then(tell);
    const waiting = limiter.admit({ address, peer, headers, visitor: () => parts.visitorOf(hit) });
    const answer =
      waiting === null
        ? take()
        : waiting.then<LaneAnswer, LaneAnswer>(
            (told) => (told.length === 0 ? take() : take().then((given) => saying(given, told))),
            (error: unknown) => tell(refusal(error)),
          );
    const hsts = secure ? hstsOf(site, host) : null;
    return hsts ? answer.then((given) => withHsts(given, hsts)) : answer;
  };
};

const withHsts = (answer: LaneAnswer, hsts: string): LaneAnswer => ({
  ...answer,
  headers: ["strict-transport-security", hsts, ...answer.headers],
});

const hostIn = (authority: string): string | null => {
  try {
    return hostOf(authority);
  } catch {
    return null; // the long way says what is wrong with it
  }
};

const isFor = (router: Router, handler: Handler, asked: Parameters<Router["handlerOf"]>[0]): boolean => {
  try {
    return router.handlerOf(asked) === handler;
  } catch {
    return false; // likewise
  }
};

const saying = (answer: LaneAnswer, told: readonly Told[]): LaneAnswer => ({
  ...answer,
  headers: [...answer.headers, ...Object.entries(limitFields(told)).flat()],
});

const refusal = (error: unknown): LaneAnswer => {
  if (!(error instanceof HttpError)) throw error;
  const headers = ["content-type", "text/plain; charset=utf-8", "cache-control", "no-store"];
  for (const [name, value] of Object.entries(error.headers)) headers.push(name, String(value));
  return { status: error.status, headers, body: `${error.message}\n` };
};
