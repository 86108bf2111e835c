/**
 * A GET through the gateway and through other proxies, all in front of the same upstream: nginx answering 1 KB out of
 * memory, so that the upstream is not what is measured. nginx and Turnpike have a process for each core.
 */
import { availableParallelism } from "node:os";
import { startGateway } from "../test/gateway.ts";
import { startCaddy } from "./lib/caddy.ts";
import { runContest } from "./lib/contest.ts";
import { runH2load } from "./lib/h2load.ts";
import { startHaproxy } from "./lib/haproxy.ts";
import { startNginx } from "./lib/nginx.ts";
import { startPeer } from "./lib/node-peer.ts";
import type { BenchOptions } from "./lib/options.ts";
import type { Server } from "./lib/start-program.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import { findTool } from "./lib/tools.ts";

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
    const haproxy = await startHaproxy(upstream);
    const caddy = await startCaddy(`reverse_proxy ${upstream}`);
    const contestants = [
      { name: "turnpike", url: keep(await startTurnpike(upstream, availableParallelism())) },
      { name: "turnpike, 1 process", url: keep(await startTurnpike(upstream, 1)) },
      { name: "nginx", url: keep(await startProxyingNginx(upstream)) },
      ...(haproxy ? [{ name: "haproxy", url: keep(haproxy) }] : []),
      ...(caddy ? [{ name: "caddy", url: keep(caddy) }] : []),
      { name: "http-proxy", url: keep(await startPeer("http-proxy", upstream)) },
      { name: "http-proxy-3", url: keep(await startPeer("http-proxy-3", upstream)) },
    ];
    await runContest(
      [...contestants, { name: "(upstream itself)", url: upstream }],
      { path: "/api/things", answer: body },
      ["turnpike", "turnpike, 1 process"],
      options,
    );
    await showAdded(contestants, upstream, options);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
};

const steadyPerSecond = 5000;
const steadyConnections = 50;

/** What each adds to the slowest of a hundred requests, where 5,000 come a second. */
const showAdded = async (
  contestants: readonly { readonly name: string; readonly url: string }[],
  upstream: string,
  { seconds }: BenchOptions,
): Promise<void> => {
  if (findTool("h2load") === null) {
    process.stdout.write(
      "h2load is not installed: the added p99 was left out (apt-get install nghttp2-client)\n",
    );
    return;
  }
  const steady = (url: string) =>
    runH2load({
      url: `${url}/api/things`,
      seconds,
      connections: steadyConnections,
      streams: 1,
      perSecond: steadyPerSecond / steadyConnections,
      http1: true,
    });
  const alone = await steady(upstream);
  const rows: string[][] = [];
  for (const { name, url } of contestants) {
    const { perSecond, p99Ms } = await steady(url);
    rows.push([name, whole(perSecond), ms(p99Ms), ms(p99Ms - alone.p99Ms)]);
  }
  const head = [`at ${whole(steadyPerSecond)} a second`, "requests/s", "p99", "added"];
  process.stdout.write(`\n${formatTable(head, rows)}\n`);
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
