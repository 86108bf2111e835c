/** Several servers that answer the same request with the same bytes, measured in turn. */
import { availableParallelism } from "node:os";
import { load } from "./machine.ts";
import { type BenchOptions, connections, median, threads, warmUpSeconds } from "./options.ts";
import type { Server } from "./start-program.ts";
import { formatTable, ms, whole } from "./table.ts";
import { type Measured, runWrk } from "./wrk.ts";

export interface Contestant {
  readonly name: string;
  readonly url: string;
}

/** Behind the name of a server that has a process or thread for each core; it has one where this is missing. */
export const everyCore = ", every core";

/** Starts all servers with one process or thread, then once more with one for each core; null is one that is not installed. */
export const startEach = async (
  start: (workers: number) => Promise<Readonly<Record<string, Server | null>>>,
  keep: (server: Server) => string,
): Promise<readonly Contestant[]> => {
  const contestants: Contestant[] = [];
  for (const workers of [1, availableParallelism()]) {
    const suffix = workers === 1 ? "" : everyCore;
    for (const [name, server] of Object.entries(await start(workers)))
      if (server) contestants.push({ name: name + suffix, url: keep(server) });
  }
  return contestants;
};

/** What all of them are asked for. */
export interface Question {
  readonly path: string;
  readonly answer: string;
}

/**
 * Asks each in turn, several rounds, and prints a table; `ours` are those whose ratio to every other is shown.
 * Rejects when one of them gives another answer.
 */
export const runContest = async (
  contestants: readonly Contestant[],
  { path, answer }: Question,
  ours: readonly string[],
  options: BenchOptions,
): Promise<void> => {
  const ask = (url: string, seconds: number) =>
    runWrk({ url: `${url}${path}`, seconds, connections, threads });
  for (const { name, url } of contestants) {
    const given = await (await fetch(`${url}${path}`)).text();
    if (given !== answer) throw new Error(`bench: ${name} gives another answer than it must`);
    await ask(url, warmUpSeconds);
  }
  const results = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  const loads: string[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, url } of contestants) results.get(name)?.push(await ask(url, options.seconds));
    loads.push(load());
  }
  print(results, ours, loads);
};

const print = (
  results: ReadonlyMap<string, readonly Measured[]>,
  ours: readonly string[],
  loads: readonly string[],
): void => {
  const rateOf = (name: string) => median((results.get(name) ?? []).map((one) => one.perSecond));
  const rows = [...results].map(([name, runs]) => [
    name,
    whole(rateOf(name)),
    ms(median(runs.map((one) => one.p50Ms))),
    ms(median(runs.map((one) => one.p99Ms))),
    ...ours.map((own) => (rateOf(own) / rateOf(name)).toFixed(2)),
    runs.map((one) => whole(one.perSecond)).join(" "),
  ]);
  const head = ["", "requests/s", "p50", "p99", ...ours.map((own) => `${own} is`), "rounds"];
  process.stdout.write(`${formatTable(head, rows)}\n\n`);
  process.stdout.write(
    `medians of ${loads.length} rounds; load of the machine after each: ${loads.join(", ")}\n`,
  );
};
