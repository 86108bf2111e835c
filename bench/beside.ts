/** How long an event waits at half load: alone, and while four exports and a sealing run beside it. */
import { type Gateway, startGateway } from "../test/gateway.ts";
import { checkStored, ingestConfig, pauseFor, sendEvents } from "./lib/ingest-load.ts";
import { load } from "./lib/machine.ts";
import { type BenchOptions, median, warmUpSeconds } from "./lib/options.ts";
import { turnpikeUnread } from "./lib/program.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import type { Measured } from "./lib/wrk.ts";

const readers = 4;

/** Prints a table of both; rejects when an answer was no success, or when an acknowledged event is missing. */
export const runBeside = async (options: BenchOptions): Promise<void> => {
  const gateway = await startGateway({ config: ingestConfig });
  try {
    await measure(options, gateway);
  } finally {
    await gateway.close();
  }
};

const measure = async (options: BenchOptions, gateway: Gateway): Promise<void> => {
  const runs: Measured[] = [await sendEvents(gateway, warmUpSeconds)];
  const full = await sendEvents(gateway, options.seconds);
  runs.push(full);
  const half = () => sendEvents(gateway, options.seconds, pauseFor(full.perSecond / 2));
  const rows: string[][] = [];
  const alone: Measured[] = [];
  const beside: Measured[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const quiet = await half();
    rows.push(rowOf(`alone, round ${round}`, quiet));
    alone.push(quiet);
    const { taken, done } = await besideWork(gateway, half);
    rows.push(rowOf(`beside ${done} exports and sealings, round ${round}`, taken));
    beside.push(taken);
  }
  process.stdout.write(`${formatTable(["", "events/s", "p50", "p99", "worst", "load"], rows)}\n\n`);
  const p99 = (list: readonly Measured[]) => median(list.map((one) => one.p99Ms));
  process.stdout.write(
    `median p99    ${ms(p99(alone))} alone, ${ms(p99(beside))} beside: ${(p99(beside) / p99(alone)).toFixed(1)} times as long\n`,
  );
  await checkStored([...runs, ...alone, ...beside], gateway.data);
};

/** Measures while exports follow one another in four processes, and sealings in a fifth. */
const besideWork = async (
  gateway: Gateway,
  measured: () => Promise<Measured>,
): Promise<{ taken: Measured; done: number }> => {
  let over = false;
  let done = 0;
  const repeat = async (...args: readonly string[]): Promise<void> => {
    while (!over) {
      await turnpikeUnread(...args, "--data", gateway.data);
      done++;
    }
  };
  const work = Array.from({ length: readers }, () => repeat("export"));
  work.push(repeat("seal", "--now"));
  const taken = await measured();
  over = true;
  await Promise.all(work);
  return { taken, done };
};

const rowOf = (name: string, one: Measured): string[] => [
  name,
  whole(one.perSecond),
  ms(one.p50Ms),
  ms(one.p99Ms),
  ms(one.maxMs),
  load(),
];
