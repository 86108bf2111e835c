/**
 * A GET through the gateway and through other proxies, all in front of the same upstream: nginx answering 1 KB out of
 * memory, so that the upstream is not what is measured.
 */
import { startGateway } from "../test/gateway.ts";
import { load } from "./lib/machine.ts";
import { type Server, startNginx } from "./lib/nginx.ts";
import { startPeer } from "./lib/node-peer.ts";
import { type BenchOptions, connections, median, threads, warmUpSeconds } from "./lib/options.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import { type Measured, runWrk } from "./lib/wrk.ts";

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
      { name: "turnpike", url: keep(await startTurnpike(upstream)) },
      { name: "nginx", url: keep(await startProxyingNginx(upstream)) },
      { name: "http-proxy", url: keep(await startPeer("http-proxy", upstream)) },
      { name: "http-proxy-3", url: keep(await startPeer("http-proxy-3", upstream)) },
    ];
    await compare([...contestants, { name: "(upstream itself)", url: upstream }], options);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
};

interface Contestant {
  readonly name: string;
  readonly url: string;
}

const startTurnpike = async (upstream: string): Promise<Server> => {
  const gateway = await startGateway({
    config: { routes: [{ path: "/", proxy: { upstreams: [upstream] }, inject: false }] },
  });
  return { url: gateway.url, stop: () => gateway.close() };
};

const startProxyingNginx = (upstream: string): Promise<Server> =>
  startNginx(
    'location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; }',
    `upstream up { server ${upstream.slice("http://".length)}; keepalive 128; keepalive_requests 1000000000; }`,
  );

const compare = async (contestants: readonly Contestant[], options: BenchOptions): Promise<void> => {
  const ask = (url: string, seconds: number) =>
    runWrk({ url: `${url}/api/things`, seconds, connections, threads });
  for (const { name, url } of contestants) {
    const answer = await (await fetch(`${url}/api/things`)).text();
    if (answer !== body) throw new Error(`bench: ${name} does not hand on the upstream's answer`);
    await ask(url, warmUpSeconds);
  }
  const results = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  const loads: string[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, url } of contestants) results.get(name)?.push(await ask(url, options.seconds));
    loads.push(load());
  }
  print(results, loads);
};

const print = (results: ReadonlyMap<string, readonly Measured[]>, loads: readonly string[]): void => {
  const rateOf = (name: string) => median((results.get(name) ?? []).map((one) => one.perSecond));
  const ours = rateOf("turnpike");
  const rows = [...results].map(([name, runs]) => [
    name,
    whole(rateOf(name)),
    ms(median(runs.map((one) => one.p50Ms))),
    ms(median(runs.map((one) => one.p99Ms))),
    (ours / rateOf(name)).toFixed(2),
    runs.map((one) => whole(one.perSecond)).join(" "),
  ]);
  process.stdout.write(`${formatTable(["", "requests/s", "p50", "p99", "turnpike is", "rounds"], rows)}\n\n`);
  process.stdout.write(
    `medians of ${loads.length} rounds; load of the machine after each: ${loads.join(", ")}\n`,
  );
};
