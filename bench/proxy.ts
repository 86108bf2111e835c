/**
 * A GET through the gateway and through other proxies, all in front of the same upstream: nginx answering 1 KB out of
 * memory, so that the upstream is not what is measured. Each has one process or thread, and those that can, once more
 * one for each core.
 */
import { startGateway } from "../test/gateway.ts";
import { startCaddy } from "./lib/caddy.ts";
import { everyCore, runContest, startEach } from "./lib/contest.ts";
import { runH2load } from "./lib/h2load.ts";
import { startHaproxy } from "./lib/haproxy.ts";
import { pauseFor } from "./lib/ingest-load.ts";
import { startNginx } from "./lib/nginx.ts";
import { startPeer } from "./lib/node-peer.ts";
import { type BenchOptions, connections, median, threads, warmUpSeconds } from "./lib/options.ts";
import type { Server } from "./lib/start-program.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import { findTool } from "./lib/tools.ts";
import { runWrk } from "./lib/wrk.ts";

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
      await startNginx({ server: `location / { default_type application/json; return 200 '${body}'; }` }),
    );
    const contestants = [
      ...(await startEach(
        async (workers) => ({
          turnpike: await startTurnpike(upstream, workers),
          nginx: await startProxyingNginx(upstream, workers),
          haproxy: await startHaproxy(upstream, workers),
          caddy: await startCaddy(`reverse_proxy ${upstream}`, workers),
        }),
        keep,
      )),
    ];
    for (const peer of ["http-proxy", "http-proxy-3"] as const)
      contestants.push({ name: peer, url: keep(await startPeer(peer, upstream)) });
    await runContest(
      [...contestants, { name: "(upstream itself)", url: upstream }],
      { path: "/api/things", answer: body },
      ["turnpike", `turnpike${everyCore}`],
      options,
    );
    await showAdded(contestants, upstream, options);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
};

const steadyPerSecond = 5000;
const steadyConnections = 50;

/**
 * What each adds to the slowest of a hundred requests, where 5,000 come a second: in step, as h2load sends them, all
 * connections at one moment every 10 ms, and spread out, as visitors come. Each is asked anew in each round, a moment
 * after a warm-up; what the upstream itself takes in that round is taken away.
 */
const showAdded = async (
  contestants: readonly { readonly name: string; readonly url: string }[],
  upstream: string,
  { seconds, rounds }: BenchOptions,
): Promise<void> => {
  if (findTool("h2load") === null) {
    process.stdout.write(
      "h2load is not installed: the added p99 was left out (apt-get install nghttp2-client)\n",
    );
    return;
  }
  const path = "/api/things";
  const inStep = (url: string, runSeconds = seconds) =>
    runH2load({
      url: url + path,
      seconds: runSeconds,
      connections: steadyConnections,
      streams: 1,
      perSecond: steadyPerSecond / steadyConnections,
      http1: true,
    });
  const pause = String(pauseFor(steadyPerSecond));
  const spread = (url: string) =>
    runWrk({ url: url + path, seconds, connections, threads, script: "spread.lua", args: [pause] });
  const runs = contestants.map((one) => ({ ...one, ...noRuns() }));
  for (let round = 0; round < rounds; round++) {
    const [stepAlone, outAlone] = [await inStep(upstream), await spread(upstream)];
    for (const { url, step, out, rate } of runs) {
      await inStep(url, warmUpSeconds); // each has stood idle while the others were asked
      step.push((await inStep(url)).p99Ms - stepAlone.p99Ms);
      const { p99Ms, perSecond } = await spread(url);
      out.push(p99Ms - outAlone.p99Ms);
      rate.push(perSecond);
    }
  }
  const head = [`added to p99 at ${whole(steadyPerSecond)} a second`, "in step", "spread out", "requests/s"];
  const rows = runs.map(({ name, step, out, rate }) => [
    name,
    inWords(step),
    inWords(out),
    whole(median(rate)),
  ]);
  process.stdout.write(`\n${formatTable(head, rows)}\n`);
};

const noRuns = (): Readonly<Record<"step" | "out" | "rate", number[]>> => ({ step: [], out: [], rate: [] });

const inWords = (runs: readonly number[]): string =>
  `${ms(median(runs))} (${ms(Math.min(...runs))} – ${ms(Math.max(...runs))})`;

const startTurnpike = async (upstream: string, workers: number): Promise<Server> => {
  const gateway = await startGateway({
    config: { workers, routes: [{ path: "/", proxy: { upstreams: [upstream] }, inject: false }] },
  });
  return { url: gateway.url, stop: () => gateway.close() };
};

const startProxyingNginx = (upstream: string, workers: number): Promise<Server> =>
  startNginx({
    server: 'location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }',
    http: `upstream up { server ${upstream.slice("http://".length)}; keepalive 128; keepalive_requests 1000000000; }`,
    workers,
  });
