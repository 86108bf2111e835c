/**
 * A GET through the gateway and through other proxies, all in front of the same upstream: nginx answering 1 KB out of
 * memory, so that the upstream is not what is measured. nginx and Turnpike have a process for each core.
 */
import { availableParallelism } from "node:os";
import { startGateway } from "../test/gateway.ts";
import { runContest } from "./lib/contest.ts";
import { startNginx } from "./lib/nginx.ts";
import { startPeer } from "./lib/node-peer.ts";
import type { BenchOptions } from "./lib/options.ts";
import type { Server } from "./lib/start-program.ts";

const body = JSON.stringify({
  items: Array.from({ length: 17 }, (_, i) => ({
    id: 1000 + i,
    name: "a thing in the shop",
    price: 995 + i,
  })),
});

/** Prints a table of all of them; rejects when one of them does not hand on the upstream's answer. */
export const runProxy = async (options: BenchOptions): Promise<void> => {
  const stops: (() => Promise<unknown>)[] = [];
  const keep = (server: Server): string => {
    stops.push(server.stop);
    return server.url;
  };
  try {
    const upstream = keep(
      await startNginx(`location / { default_type application/json; return 200 '${body}'; }`),
    );
    const contestants = [
      { name: "turnpike", url: keep(await startTurnpike(upstream, availableParallelism())) },
      { name: "turnpike, 1 process", url: keep(await startTurnpike(upstream, 1)) },
      { name: "nginx", url: keep(await startProxyingNginx(upstream)) },
      { name: "http-proxy", url: keep(await startPeer("http-proxy", upstream)) },
      { name: "http-proxy-3", url: keep(await startPeer("http-proxy-3", upstream)) },
    ];
    await runContest(
      [...contestants, { name: "(upstream itself)", url: upstream }],
      { path: "/api/things", answer: body },
      ["turnpike", "turnpike, 1 process"],
      options,
    );
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
};

const startTurnpike = async (upstream: string, workers: number): Promise<Server> => {
  const gateway = await startGateway({
    config: { workers, routes: [{ path: "/", proxy: { upstreams: [upstream] }, inject: false }] },
  });
  return { url: gateway.url, stop: () => gateway.close() };
};

const startProxyingNginx = (upstream: string): Promise<Server> =>
  startNginx(
    'location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }',
    `upstream up { server ${upstream.slice("http://".length)}; keepalive 128; keepalive_requests 1000000000; }`,
  );
