/** Events 250 a request, as servers and full queues send them: durable, deduplicated, all projections on. */
import { startGateway } from "../test/gateway.ts";
import { checkStored, ingestConfig, sendEvents } from "./lib/ingest-load.ts";
import { load } from "./lib/machine.ts";
import { type BenchOptions, median, warmUpSeconds } from "./lib/options.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import type { Measured } from "./lib/wrk.ts";

const batch = 250;

/** Prints a table; rejects when an answer was no success, or when an acknowledged event is missing or there twice. */
export const runBatches = async (options: BenchOptions): Promise<void> => {
  const gateway = await startGateway({ config: ingestConfig });
  try {
    const runs: Measured[] = [await sendEvents(gateway, warmUpSeconds, 0, batch)];
    const rows: string[][] = [];
    for (let round = 1; round <= options.rounds; round++) {
      const took = await sendEvents(gateway, options.seconds, 0, batch);
      rows.push([
        `round ${round}`,
        whole(took.perSecond * batch),
        ms(took.p50Ms),
        ms(took.p99Ms),
        ms(took.maxMs),
        load(),
      ]);
      runs.push(took);
    }
    process.stdout.write(`${formatTable(["", "events/s", "p50", "p99", "worst", "load"], rows)}\n\n`);
    const rates = runs.slice(1).map((run) => run.perSecond * batch);
    process.stdout.write(`median        ${whole(median(rates))} events/s in batches of ${batch}\n`);
    await checkStored(runs, gateway.data, batch);
  } finally {
    await gateway.close();
  }
};
