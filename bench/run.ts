/** `npm run bench -- NAME`: runs one of the measurements, and fails where a figure cannot be trusted. */
import { parseArgs } from "node:util";
import { runIngest } from "./ingest.ts";
import { describeMachine } from "./lib/machine.ts";
import type { BenchOptions } from "./lib/options.ts";
import { needTools } from "./lib/tools.ts";
import { runProxy } from "./proxy.ts";
import { runStatic } from "./static.ts";

interface Bench {
  readonly about: string;
  readonly run: (options: BenchOptions) => Promise<void>;
}

const benches: Readonly<Record<string, Bench>> = {
  ingest: { about: "durable events, one a request, against nginx's empty_gif", run: runIngest },
  proxy: { about: "proxied GET, against nginx, http-proxy and http-proxy-3", run: runProxy },
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
