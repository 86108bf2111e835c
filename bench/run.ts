/** `npm run bench -- NAME`: runs one of the measurements, and fails where a figure cannot be trusted. */
import { parseArgs } from "node:util";
import { runBatches } from "./batches.ts";
import { runBeside } from "./beside.ts";
import { runCollectTls } from "./collect-tls.ts";
import { runIngest } from "./ingest.ts";
import { describeMachine } from "./lib/machine.ts";
import type { BenchOptions } from "./lib/options.ts";
import { needTools } from "./lib/tools.ts";
import { runPageCost } from "./page-cost.ts";
import { runProxy } from "./proxy.ts";
import { runSinks } from "./sinks.ts";
import { runSlow } from "./slow.ts";
import { runStatic } from "./static.ts";
import { runTls } from "./tls.ts";
import { runWsLeak } from "./ws-leak.ts";

interface Bench {
  readonly about: string;
  readonly run: (options: BenchOptions) => Promise<void>;
}

const benches: Readonly<Record<string, Bench>> = {
  ingest: { about: "durable events, one a request, against nginx's empty_gif", run: runIngest },
  batches: { about: "durable events, 250 a request", run: runBatches },
  beside: { about: "how long an event waits beside exports and a sealing", run: runBeside },
  sinks: { about: "durable events with sinks that work, hang and throw, against none", run: runSinks },
  proxy: { about: "proxied GET, against nginx, http-proxy and http-proxy-3", run: runProxy },
  "page-cost": {
    about: "the demo's pages with track.full.js and without, in a slowed browser",
    run: runPageCost,
  },
  tls: { about: "proxied GET over TLS, HTTP/1.1 and HTTP/2, against nginx, HAProxy and Caddy", run: runTls },
  "collect-tls": { about: "events, a new connection or handshake each", run: runCollectTls },
  "ws-leak": {
    about: "10,000 websockets a round opened and closed: memory and sockets left",
    run: runWsLeak,
  },
  slow: { about: "other clients beside slowhttptest's four modes", run: runSlow },
  static: { about: "a small file, against nginx and, where it is installed, Caddy", run: runStatic },
};

const usage = (): string => {
  const list = Object.entries(benches).map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`);
  return `npm run bench -- NAME [--seconds N] [--rounds N]\n\n${list.join("\n")}\n`;
};

const run = async (args: readonly string[]): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seconds: { type: "string", default: "10" }, rounds: { type: "string", default: "3" } },
  });
  const options = { seconds: Number(values.seconds), rounds: Number(values.rounds) };
  const isCount = (n: number) => Number.isInteger(n) && n >= 1;
  const bench = benches[positionals[0] ?? ""];
  if (!bench || !isCount(options.seconds) || !isCount(options.rounds)) {
    process.stdout.write(usage());
    return positionals.length === 0 ? 0 : 2;
  }
  needTools();
  process.stdout.write(`${describeMachine()}\n\n`);
  await bench.run(options);
  return 0;
};

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
