/**
 * The room of the limits: how many requests one address may make in a window. The counting is
 * rate-limiter-flexible's, in memory: half a microsecond for a request that is let through, and the same calls
 * when the counts are to be shared. It keeps every key it has seen, so the number of keys is bounded here.
 */
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Layer } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { networkOf, parseCidrs, plainAddress } from "../lib/ip.ts";
import { createRoster } from "./roster.ts";
import type { LimitSettings } from "./settings.ts";

/** What of a request is counted. */
export interface Counted {
  /** the client's address */
  readonly address: string;
  /** the address of the connection's other end */
  readonly peer: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Makes what counts: so many requests in so many seconds. */
export type CounterMaker = (points: number, seconds: number) => RateLimiterAbstract;

export interface Limiter {
  /** null: it may pass; else it may once this resolves, and not if it rejects with a 429 that says when to come back. */
  admit(request: Counted): Promise<unknown> | null;
  /** Lets a request through, or refuses it with 429 and says when to come back. */
  readonly layer: Layer;
  /** how many addresses are counted now */
  readonly addresses: number;
  /** Forgets all counts. */
  close(): void;
}

/**
 * Counts requests per IPv4 address and per IPv6 /64. Exempt ranges are not counted, unless a peer that `isTrusted`
 * does not know sends a forwarding header: then somebody else stands behind that address.
 */
export const createLimiter = (
  settings: LimitSettings,
  isTrusted: (address: string) => boolean = () => false,
  makeCounter: CounterMaker = (points, duration) => new RateLimiterMemory({ points, duration }),
): Limiter => {
  const isExempt = parseCidrs(settings.exempt);
  const counter = makeCounter(settings.requests, settings.windowSeconds);
  const roster = createRoster(settings.addresses);
  const forget = (key: string): void => void counter.delete(key);

  const admit = (request: Counted): Promise<unknown> | null => {
    if (isExempt(request.address) && !isForwarded(request, isTrusted)) return null;
    const key = networkOf(request.address);
    const gone = roster.note(key);
    if (gone !== null) forget(gone);
    return counter.consume(key).catch((refusal: unknown) => {
      throw refusal instanceof RateLimiterRes ? tooMany(settings, refusal.msBeforeNext) : refusal;
    });
  };

  return {
    admit,
    layer: (next) => (x) => {
      const { address, req } = x;
      const waiting = admit({ address, peer: req.socket.remoteAddress, headers: req.headers });
      return waiting === null ? next(x) : waiting.then(() => next(x));
    },
    get addresses() {
      return roster.size;
    },
    close: () => roster.clear().forEach(forget),
  };
};

const isForwarded = ({ headers, peer }: Counted, isTrusted: (address: string) => boolean): boolean =>
  (headers["x-forwarded-for"] !== undefined || headers["forwarded"] !== undefined) &&
  !isTrusted(plainAddress(peer));

// The RateLimit fields are those of draft-ietf-httpapi-ratelimit-headers: r left, t seconds; q quota, w window.
const tooMany = (settings: LimitSettings, waitMs: number): HttpError => {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const window = Math.ceil(settings.windowSeconds);
  return new HttpError(429, `too many requests from this address: try again in ${seconds} s`, {
    headers: {
      "retry-after": String(seconds),
      ratelimit: `"address";r=0;t=${seconds}`,
      "ratelimit-policy": `"address";q=${settings.requests};w=${window}`,
    },
  });
};
