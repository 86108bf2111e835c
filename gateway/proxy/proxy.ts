/**
 * The room of the upstreams: sends requests on and answers back, streaming both ways at the pace of the slower side.
 * Nothing is held but what is on its way; what belongs to one connection stays on it.
 */
import type { Duplex } from "node:stream";
import type { Exchange, Handler, Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { hasBody } from "../http/request-body.ts";
import { requestId } from "../http/request-id.ts";
import { sendBuffer } from "../http/respond.ts";
import { type Balancer, createBalancer } from "./balancer.ts";
import { isUpstreamsFault, upstreamFailure } from "./failure.ts";
import { firstValue, type HeaderPairs } from "./header-pairs.ts";
import { applyHeaderRules, compileHeaderRules } from "./header-rules.ts";
import { watchHealth } from "./health.ts";
import { countHop, endsHere, refuseTrace } from "./last-hop.ts";
import { Relay } from "./relay.ts";
import { type RequestRules, upstreamHeaders } from "./request-passes.ts";
import type { ProxySettings } from "./settings.ts";
import type { Standings } from "./standings.ts";
import { createSticky } from "./sticky.ts";
import { createTargets } from "./targets.ts";
import { requestTrailers } from "./trailers.ts";
import { openTunnel } from "./tunnel.ts";
import type { Tunnels } from "./tunnels.ts";
import { refuseLarge, uploadOf } from "./upload.ts";
import type { Job } from "./upstream/connection.ts";
import { parseEndpoint } from "./upstream/endpoint.ts";
import type { Pool } from "./upstream/pool.ts";
import { createUpstreamTally, type UpstreamStatus } from "./upstream-tally.ts";

export interface ProxyOptions extends RequestRules {
  /** the path of the route, which `strip` and `rewrite` speak of */
  readonly base: string;
  /** told why a request got 502, 504 or a cut answer */
  readonly onError: (error: unknown, x: Upgrade) => void;
  /** what keeps one visitor at one upstream, null where there is no visitor */
  readonly visitorOf: (x: Upgrade) => string | null;
  /** told in a sentence when an upstream is left out, and when it is back */
  readonly warn: (sentence: string) => void;
  readonly tunnels: Tunnels;
  readonly standings: Standings;
  /** the route's hosts and path: tells what its upstreams did from what others asked of them */
  readonly route: string;
  /** signs the cookies that keep a browser at one upstream; none are set where it is left out */
  readonly secret?: Buffer | undefined;
  /** The visitor takes cookies; who does not is kept at one upstream by the address. */
  readonly takesCookies?: ((x: Upgrade) => boolean) | undefined;
}

/** Carries a websocket; throws where it cannot be sent on, and says what else goes wrong on the socket. */
export type TakeUpgrade = (x: Upgrade, socket: Duplex, head: Buffer) => void;

export type { UpstreamStatus };

export interface Proxy {
  readonly handle: Handler;
  readonly upgrade: TakeUpgrade;
  status(): readonly UpstreamStatus[];
  /** Waits for running requests and closes the connections that no other proxy holds; websockets stay. */
  close(): Promise<void>;
}

export const createProxy = (settings: ProxySettings, options: ProxyOptions): Proxy => {
  const members = settings.upstreams.map((_, i) => openMember(i, settings, options));
  const pools = members.map(({ pool }) => pool);
  const waitMs = settings.connectMs + settings.firstByteMs;
  const targetOf = createTargets(settings, options.base);
  const requestRules = compileHeaderRules(settings.requestHeaders);
  const answerRules = compileHeaderRules(settings.responseHeaders);
  const keyOf = createKey(settings.balance, options.visitorOf);
  const balancer: Balancer = createBalancer({
    members,
    balance:
      settings.balance === "visitor" || settings.balance.startsWith("header:") ? "key" : settings.balance,
    failures: settings.failures,
    pauseMs: settings.pauseSeconds * 1000,
    now: () => performance.now(),
    loadOf: (pool) => pool.load + options.tunnels.openTo(pool.endpoint.url),
    onChange: ({ endpoint }, isUp) =>
      options.warn(`proxy: ${endpoint.url} ${isUp ? "answers again" : "does not answer and is left out"}`),
  });
  const tally = createUpstreamTally(members);
  const fail = (pool: Pool): void => {
    tally.failed(pool);
    balancer.failed(pool);
  };
  const stopHealth = settings.health ? watchHealth(pools, settings.health, balancer.judge) : () => {};
  const sticky =
    settings.sticky && options.secret && pools.length > 1
      ? createSticky(settings.sticky, pools, options.secret)
      : null;
  const stripCookies = sticky ? [...options.stripCookies, sticky.name] : options.stripCookies;
  const passRules = { ...options, stripCookies };
  const headersOf = (x: Upgrade) => applyHeaderRules(upstreamHeaders(x, passRules), requestRules);
  const takesCookies = options.takesCookies ?? (() => true);

  /** The upstream of a request; `kept` where the client has it from us already, or cannot be told. */
  const choose = (x: Upgrade): { readonly pool: Pool; readonly kept: boolean } => {
    const before = sticky?.poolOf(x) ?? null;
    if (before && balancer.claim(before.pool))
      return { pool: before.pool, kept: before.current || !takesCookies(x) };
    const mayTell = sticky === null || takesCookies(x);
    const pool = balancer.next(mayTell ? keyOf(x) : x.address, []);
    if (!pool) throw new HttpError(502, "the server behind this site cannot be reached");
    return { pool, kept: !mayTell };
  };

  /** The next upstream for a request that got no answer from these, and one of these from then on; null: enough were tried. */
  const another = (x: Upgrade, attempts: Pool[]): Pool | null => {
    const next = attempts.length < settings.tries ? balancer.next(keyOf(x), attempts) : null;
    if (next) attempts.push(next);
    return next;
  };

  const send = (x: Exchange, { pool, kept }: ReturnType<typeof choose>): void => {
    const { req } = x;
    const body = hasBody(req) ? uploadOf(req, settings.bodyBytes) : null;
    const method = req.method ?? "GET";
    const pairs = sayEmpty(countHop(headersOf(x), req.method), method, body === null);
    const attempts = [pool];
    const mayRepeat = body === null && repeatable.has(method);

    let sentAt = 0;
    const attempt = (at: Pool): void => {
      sentAt = performance.now();
      const job: Job = {
        request: { method, target: targetOf(x), host: at.endpoint.host, pairs },
        from: x.address,
        body,
        chunked: body !== null && firstValue(pairs, "content-length") === undefined,
        trailers: () => requestTrailers(req),
        handler: relay,
      };
      if (!at.dispatch(job)) relay.limitWait(waitMs, settings.connections, () => at.forget(job));
    };
    const current = (): Pool => attempts.at(-1) ?? pool;
    if (sticky && !kept) sticky.keep(x, current);
    const relay = new Relay(x, body, {
      onAnswer() {
        tally.answered(current(), performance.now() - sentAt);
        balancer.succeeded(current());
      },
      retry(error, mayHaveGone) {
        if (isUpstreamsFault(error)) fail(current());
        const next = mayHaveGone && !mayRepeat ? null : another(x, attempts);
        if (next) attempt(next);
        return next !== null;
      },
      report: options.onError,
      rules: answerRules,
    });
    attempt(pool);
  };

  return {
    handle(x) {
      refuseTrace(x);
      refuseLarge(x.req, settings.bodyBytes);
      if (endsHere(x)) return sendBuffer(x, { status: 204, headers: new Map() }, Buffer.alloc(0));
      send(x, choose(x));
    },
    upgrade(x, socket, head) {
      const pairs = headersOf(x);
      const attempts: Pool[] = [];
      const attempt = (at: Pool): void =>
        openTunnel({
          endpoint: at.endpoint,
          request: { method: "GET", target: targetOf(x), host: at.endpoint.host, pairs },
          client: socket,
          head,
          settings,
          tunnels: options.tunnels,
          rules: answerRules,
          id: requestId(x),
          onOpen: () => balancer.succeeded(at),
          // A handshake is a GET without a body: it may be repeated, whatever became of it.
          retry(error) {
            if (isUpstreamsFault(error)) fail(at);
            const next = another(x, attempts);
            if (next) attempt(next);
            return next !== null;
          },
          onError: (error) => options.onError(upstreamFailure(error), x),
        });
      const { pool } = choose(x);
      attempts.push(pool);
      attempt(pool);
    },
    status: () => tally.status(balancer.isUp),
    async close() {
      stopHealth();
      for (const { name } of members) options.standings.release(name);
      await Promise.all(pools.map((pool) => options.standings.pools.release(pool)));
    },
  };
};

/**
 * HTTP/2 ends a request without a word on its length; servers of HTTP/1.1 may refuse what usually has a body and says
 * nothing (RFC 9110 §8.6, 411).
 */
const sayEmpty = (pairs: HeaderPairs, method: string, isEmpty: boolean): HeaderPairs =>
  isEmpty && usuallyFull.has(method) && firstValue(pairs, "content-length") === undefined
    ? [...pairs, "content-length", "0"]
    : pairs;

const usuallyFull = new Set(["POST", "PUT", "PATCH"]);

/** May be sent to another upstream where one gave no answer (RFC 9110 §9.2.2). */
const repeatable = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

const openMember = (
  place: number,
  settings: ProxySettings,
  { route, standings }: Pick<ProxyOptions, "route" | "standings">,
) => {
  const { connections, queue, connectMs, firstByteMs, idleMs, headBytes } = settings;
  const limits = { connections, queue, connectMs, firstByteMs, idleMs, headBytes };
  const all = settings.upstreams.map(upstreamOf);
  const { url, weight, verify } = all[place] as (typeof all)[number]; // the place is one of the list's
  const before = all.slice(0, place).filter((one) => one.url === url).length; // one that is named twice is two
  const name = JSON.stringify([route, url, verify, settings.health?.path, before]);
  const pool = standings.pools.take(name, { endpoint: parseEndpoint(url, verify), ...limits });
  return { name, weight, pool, standing: standings.take(name) };
};

const upstreamOf = (upstream: ProxySettings["upstreams"][number]) =>
  typeof upstream === "string" ? { url: upstream, weight: 1, verify: true } : upstream;

/** What a request is kept at one upstream for. */
const createKey = (
  balance: string,
  visitorOf: (x: Upgrade) => string | null,
): ((x: Upgrade) => string | null) => {
  if (balance === "visitor") return (x) => visitorOf(x) ?? x.address;
  if (!balance.startsWith("header:")) return () => null;
  const name = balance.slice("header:".length).toLowerCase();
  return ({ req }) => {
    const value = req.headers[name];
    return value === undefined ? null : String(value);
  };
};
