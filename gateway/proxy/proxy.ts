/**
 * The room of the upstreams: sends requests on and answers back, streaming both ways at the pace of the slower side.
 * Nothing is held but what is on its way; what belongs to one connection stays on it.
 */
import { Pool } from "undici";
import type { Exchange, Handler } from "../http/exchange.ts";
import { hasBody } from "../http/request-body.ts";
import { noConnection } from "./failure.ts";
import { Relay } from "./relay.ts";
import { type RequestRules, upstreamHeaders } from "./request-passes.ts";
import type { ProxySettings } from "./settings.ts";
import { uploadOf } from "./upload.ts";

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
      const body = hasBody(req) ? uploadOf(req) : null;
      const relay = new Relay(x, body, options.onError);
      const hasRoom = nextPool().dispatch(
        {
          method: req.method ?? "GET",
          path: targetOf(x),
          headers: upstreamHeaders(x, options),
          body,
        },
        relay,
      );
      if (!hasRoom) relay.limitWait(waitMs, noConnection);
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
};

const openPool = (upstream: string, settings: ProxySettings): Pool =>
  new Pool(upstream.endsWith("/") ? upstream.slice(0, -1) : upstream, {
    connections: settings.connections,
    pipelining: 1, // an answer must not wait for another one's
    connectTimeout: settings.connectMs,
    headersTimeout: settings.firstByteMs,
    bodyTimeout: 0, // a stream of events may be silent for as long as it likes
  });

/** The target as it came; an absolute one without the part that names us. */
const targetOf = ({ req, path, query }: Exchange): string => {
  const url = req.url ?? "/";
  if (url.charCodeAt(0) === 0x2f) return url;
  return query === "" ? path : `${path}?${query}`;
};
