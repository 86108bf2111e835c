/**
 * A proxied GET over TLS, HTTP/1.1 and HTTP/2, through servers with one worker each in front of the same upstream: nginx
 * answering 1 KB out of memory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runH2load } from "./lib/h2load.ts";
import { load } from "./lib/machine.ts";
import { startNginx } from "./lib/nginx.ts";
import { type BenchOptions, connections, median, threads, warmUpSeconds } from "./lib/options.ts";
import { formatTable, whole } from "./lib/table.ts";
import {
  startTlsCaddy,
  startTlsHaproxy,
  startTlsNginx,
  startTurnpike,
  type TlsServer,
  writePair,
} from "./lib/tls-peers.ts";
import { needPrograms } from "./lib/tools.ts";
import { runWrk } from "./lib/wrk.ts";

const body = JSON.stringify({
  items: Array.from({ length: 25 }, (_, i) => ({ id: 1000 + i, price: 995 + i })),
});
const streams = 10;
const h2Connections = 16;

/** Prints a table of all of them; rejects when an answer is no success. */
export const runTls = async (options: BenchOptions): Promise<void> => {
  needPrograms(["h2load"]);
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-tls-"));
  const stops: (() => Promise<unknown>)[] = [];
  const keep = <S extends { stop(): Promise<void> }>(server: S): S => {
    stops.push(server.stop);
    return server;
  };
  try {
    const pair = writePair(folder);
    const { url } = keep(
      await startNginx({ server: `location / { default_type application/json; return 200 '${body}'; }` }),
    );
    const servers = new Map<string, TlsServer>();
    const routes = [{ path: "/", proxy: { upstreams: [url] }, inject: false }];
    servers.set("turnpike", keep(await startTurnpike(pair, routes)));
    servers.set("nginx", keep(await startTlsNginx(pair, url)));
    const haproxy = await startTlsHaproxy(pair, url);
    if (haproxy) servers.set("haproxy", keep(haproxy));
    const caddy = await startTlsCaddy(pair, url);
    if (caddy) servers.set("caddy", keep(caddy));
    await measure(servers, options);
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const askHttp1 = async ({ secureUrl }: TlsServer, seconds: number): Promise<number> =>
  (await runWrk({ url: `${secureUrl}/things`, seconds, connections, threads })).perSecond;
const askHttp2 = async ({ secureUrl }: TlsServer, seconds: number): Promise<number> =>
  (await runH2load({ url: `${secureUrl}/things`, seconds, connections: h2Connections, streams })).perSecond;

const measure = async (servers: ReadonlyMap<string, TlsServer>, options: BenchOptions): Promise<void> => {
  const loads: string[] = [];
  for (const [title, ask] of [
    [`TLS, HTTP/1.1, ${connections} connections`, askHttp1],
    [`TLS, HTTP/2, ${h2Connections} connections of ${streams} streams`, askHttp2],
  ] as const) {
    const rates = new Map<string, number[]>([...servers.keys()].map((name) => [name, []]));
    for (const server of servers.values()) await ask(server, warmUpSeconds);
    for (let round = 0; round < options.rounds; round++) {
      for (const [name, server] of servers) rates.get(name)?.push(await ask(server, options.seconds));
      loads.push(load());
    }
    print(title, rates);
  }
  process.stdout.write(`medians; load of the machine after each round: ${loads.join(", ")}\n`);
};

const print = (title: string, rates: ReadonlyMap<string, readonly number[]>): void => {
  const ours = median(rates.get("turnpike") ?? []);
  const rows = [...rates].map(([name, runs]) => [
    name,
    whole(median(runs)),
    (ours / median(runs)).toFixed(2),
    runs.map(whole).join(" "),
  ]);
  process.stdout.write(`${formatTable([title, "requests/s", "turnpike is", "rounds"], rows)}\n\n`);
};
