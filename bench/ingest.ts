/**
 * Events, one a request, answered once they are on disk: deduplicated, all projections on. Beside it, in turn, what
 * nginx can answer at all on the same cores: a pixel out of memory.
 */
import { type Gateway, startGateway } from "../test/gateway.ts";
import { checkStored, ingestConfig, pauseFor, sendEvents } from "./lib/ingest-load.ts";
import { load, memoryOf } from "./lib/machine.ts";
import { startNginx } from "./lib/nginx.ts";
import { type BenchOptions, connections, median, threads, warmUpSeconds } from "./lib/options.ts";
import { turnpike } from "./lib/program.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import { type Measured, runWrk } from "./lib/wrk.ts";

/** Prints a table; rejects when an answer was no success, or when an acknowledged event is missing or there twice. */
export const runIngest = async (options: BenchOptions): Promise<void> => {
  const nginx = await startNginx({
    server: "location = /pixel.gif { empty_gif; }\nlocation / { return 204; }",
  });
  try {
    const gateway = await startGateway({ config: ingestConfig });
    try {
      await measure(options, gateway, `${nginx.url}/pixel.gif`);
    } finally {
      await gateway.close();
    }
  } finally {
    await nginx.stop();
  }
};

const measure = async (options: BenchOptions, gateway: Gateway, pixel: string): Promise<void> => {
  const ask = (seconds: number) => runWrk({ url: pixel, seconds, connections, threads });

  const all: Measured[] = [await sendEvents(gateway, warmUpSeconds)];
  await ask(1);
  const idle = memoryOf(gateway.pid);
  const rows: string[][] = [];
  const pixels: Measured[] = [];
  const events: Measured[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const asked = await ask(options.seconds);
    rows.push(rowOf(`nginx empty_gif, round ${round}`, asked, load()));
    const took = await sendEvents(gateway, options.seconds);
    rows.push(rowOf(`turnpike ingest, round ${round}`, took, load()));
    pixels.push(asked);
    events.push(took);
  }
  const full = median(events.map((one) => one.perSecond));
  const half = await sendEvents(gateway, options.seconds, pauseFor(full / 2));
  rows.push(rowOf("turnpike at about half load", half, load()));
  all.push(...events, half);

  process.stdout.write(`${formatTable(["", "requests/s", "p50", "p99", "worst", "load"], rows)}\n\n`);
  printRatio(pixels, events);
  const memory = memoryOf(gateway.pid);
  process.stdout.write(
    `memory        ${whole(idle.now)} MiB after warm-up, ${whole(memory.now)} MiB now, ${whole(memory.peak)} MiB at most\n`,
  );
  await checkStored(all, gateway.data);
  await turnpike("seal", "--now", "--data", gateway.data);
  process.stdout.write(`sealed        ${(await turnpike("verify", "--data", gateway.data)).trim()}\n`);
};

const rowOf = (name: string, one: Measured, loadNow: string): string[] => [
  name,
  whole(one.perSecond),
  ms(one.p50Ms),
  ms(one.p99Ms),
  ms(one.maxMs),
  loadNow,
];

const printRatio = (pixels: readonly Measured[], events: readonly Measured[]): void => {
  const rates = (list: readonly Measured[]) => list.map((one) => one.perSecond);
  const pixel = median(rates(pixels));
  const event = median(rates(events));
  const ratios = events.map((one, i) => (one.perSecond / (pixels[i]?.perSecond ?? 1)).toFixed(3));
  process.stdout.write(
    `median        ${whole(event)} events/s, ${whole(pixel)} pixels/s, ratio ${(event / pixel).toFixed(3)} (rounds: ${ratios.join(", ")})\n` +
      `best          ${whole(Math.max(...rates(events)))} events/s, ${whole(Math.max(...rates(pixels)))} pixels/s\n`,
  );
};
