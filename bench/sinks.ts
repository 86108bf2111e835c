/** What sinks cost collection: events a second and their wait with a file, a sink that hangs and one that throws, and without any. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../test/gateway.ts";
import { checkStored, ingestConfig, pauseFor, sendEvents } from "./lib/ingest-load.ts";
import { load } from "./lib/machine.ts";
import { type BenchOptions, median, warmUpSeconds } from "./lib/options.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import type { Measured } from "./lib/wrk.ts";

const plugin = `export const sinks = {
  hangs: ({ id }) => ({ id, write: () => new Promise(() => {}) }),
  throws: ({ id }) => ({ id, write: () => Promise.reject(new Error("never")) }),
};`;

const sinksIn = (folder: string) => ({
  plugins: [join(folder, "plugin.ts")],
  sinks: [
    { id: "file", type: "file", path: join(folder, "events.jsonl"), files: 2 },
    { id: "hangs", type: "hangs", timeoutSeconds: 2 },
    { id: "throws", type: "throws" },
  ],
});

interface Side {
  readonly name: string;
  readonly full: Measured[];
  readonly half: Measured[];
}

/** Prints a table of both; rejects when an acknowledged event is missing. */
export const runSinks = async (options: BenchOptions): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-sinks-"));
  writeFileSync(join(folder, "plugin.ts"), plugin);
  const without: Side = { name: "no sinks", full: [], half: [] };
  const beside: Side = { name: "three sinks", full: [], half: [] };
  try {
    // In turn, so that what else the machine does meets both.
    for (let round = 0; round < options.rounds; round++) {
      await measure(without, ingestConfig, options);
      await measure(beside, { ...ingestConfig, ...sinksIn(folder) }, options);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const rate = ({ full }: Side) => median(full.map((one) => one.perSecond));
  const p99 = ({ half }: Side) => median(half.map((one) => one.p99Ms));
  const rows = [without, beside].map((side) => [side.name, whole(rate(side)), ms(p99(side))]);
  process.stdout.write(`${formatTable(["", "events/s", "p99 at half load"], rows)}\n\n`);
  process.stdout.write(
    `with sinks    ${(rate(beside) / rate(without)).toFixed(2)} of the events, ${(p99(beside) / p99(without)).toFixed(2)} times the p99 (load ${load()})\n`,
  );
};

const measure = async (side: Side, config: object, { seconds }: BenchOptions): Promise<void> => {
  const gateway = await startGateway({ config });
  try {
    const runs = [await sendEvents(gateway, warmUpSeconds), await sendEvents(gateway, seconds)];
    const [, full] = runs;
    if (!full) return;
    const half = await sendEvents(gateway, seconds, pauseFor(full.perSecond / 2));
    side.full.push(full);
    side.half.push(half);
    await checkStored([...runs, half], gateway.data);
  } finally {
    await gateway.close();
  }
};
