/**
 * The room of the upstreams: sends requests on and answers back, streaming both ways at the pace of the slower side.
 * Nothing is held but what is on its way; what belongs to one connection stays on it.
 */
import type { Exchange, Handler } from "../http/exchange.ts";
import { hasBody } from "../http/request-body.ts";
import { firstValue } from "./header-pairs.ts";
import { Relay } from "./relay.ts";
import { type RequestRules, upstreamHeaders } from "./request-passes.ts";
import type { ProxySettings } from "./settings.ts";
import { uploadOf } from "./upload.ts";
import type { Job } from "./upstream/connection.ts";
import { createPool, type Pool } from "./upstream/pool.ts";

export interface ProxyOptions extends RequestRules {
  /** told why a request got 502, 504 or a cut answer */
  readonly onError: (error: unknown, x: Exchange) => void;
}

export interface Proxy {
  readonly handle: Handler;
  /** Waits for running requests and closes the connections to the upstreams. */
  close(): Promise<void>;
}

/** Sends requests to the upstreams in turn. */
export const createProxy = (settings: ProxySettings, options: ProxyOptions): Proxy => {
  const pools = settings.upstreams.map((upstream) => openPool(upstream, settings));
  const waitMs = settings.connectMs + settings.firstByteMs;
  let turn = 0;

  const nextPool = (): Pool => {
    const pool = pools[turn];
    turn = turn + 1 < pools.length ? turn + 1 : 0;
    if (!pool) throw new Error("proxy: there is no upstream");
    return pool;
  };
  return {
    handle(x) {
      const { req } = x;
      const pool = nextPool();
      const body = hasBody(req) ? uploadOf(req) : null;
      const relay = new Relay(x, body, options.onError);
      const pairs = upstreamHeaders(x, options);
      const job: Job = {
        request: { method: req.method ?? "GET", target: targetOf(x), host: pool.host, pairs },
        body,
        chunked: body !== null && firstValue(pairs, "content-length") === undefined,
        handler: relay,
      };
      if (!pool.dispatch(job)) relay.limitWait(waitMs, () => pool.forget(job));
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
};

const openPool = (upstream: string, settings: ProxySettings): Pool => {
  const { hostname, port } = new URL(upstream);
  return createPool({
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port || 80),
    connections: settings.connections,
    queue: settings.queue,
    connectMs: settings.connectMs,
    firstByteMs: settings.firstByteMs,
    headBytes: settings.headBytes,
  });
};

/** The target as it came; an absolute one without the part that names us. */
const targetOf = ({ req, path, query }: Exchange): string => {
  const url = req.url ?? "/";
  if (url.charCodeAt(0) === 0x2f) return url;
  return query === "" ? path : `${path}?${query}`;
};
