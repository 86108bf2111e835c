/**
 * Events, one a request, answered once they are on disk: deduplicated, all projections on. Beside it, in turn, what
 * nginx can answer at all on the same cores: a pixel out of memory.
 */
import { randomInt } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { type Gateway, startGateway } from "../test/gateway.ts";
import { type Counted, countStored } from "./lib/count-stored.ts";
import { load, memoryOf } from "./lib/machine.ts";
import { startNginx } from "./lib/nginx.ts";
import { type BenchOptions, connections, median, threads, warmUpSeconds } from "./lib/options.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import { type Measured, runWrk } from "./lib/wrk.ts";

const config = {
  sites: [{ id: "main", hosts: ["shop.example", "collect.example"] }],
  routes: [],
  experiments: [
    {
      key: "pricing-headline",
      variants: [{ key: "control" }, { key: "b" }],
      goals: [{ key: "purchase", event: "purchase", value: "value" }],
    },
  ],
};

/** Prints a table; rejects when an answer was no success, or when an acknowledged event is missing or there twice. */
export const runIngest = async (options: BenchOptions): Promise<void> => {
  const nginx = await startNginx("location = /pixel.gif { empty_gif; }\nlocation / { return 204; }");
  try {
    const gateway = await startGateway({ config });
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
  const send = (seconds: number, pauseMs = 0) =>
    runWrk({
      url: `${gateway.url}/tr/v1/`,
      seconds,
      connections,
      threads,
      script: "ingest.lua",
      args: [String(randomInt(1, 2 ** 31)), String(pauseMs)],
    });
  const ask = (seconds: number) => runWrk({ url: pixel, seconds, connections, threads });

  const all: Measured[] = [await send(warmUpSeconds)];
  await ask(1);
  const idle = memoryOf(gateway.pid);
  const rows: string[][] = [];
  const pixels: Measured[] = [];
  const events: Measured[] = [];
  for (let round = 1; round <= options.rounds; round++) {
    const asked = await ask(options.seconds);
    rows.push(rowOf(`nginx empty_gif, round ${round}`, asked, load()));
    const took = await send(options.seconds);
    rows.push(rowOf(`turnpike ingest, round ${round}`, took, load()));
    pixels.push(asked);
    events.push(took);
  }
  const full = median(events.map((one) => one.perSecond));
  const half = await send(options.seconds, pauseFor(full / 2));
  rows.push(rowOf("turnpike at about half load", half, load()));
  all.push(...events, half);

  process.stdout.write(`${formatTable(["", "requests/s", "p50", "p99", "worst", "load"], rows)}\n\n`);
  printRatio(pixels, events);
  const memory = memoryOf(gateway.pid);
  process.stdout.write(
    `memory        ${whole(idle.now)} MiB after warm-up, ${whole(memory.now)} MiB now, ${whole(memory.peak)} MiB at most\n`,
  );
  await setTimeout(1000); // what was on its way when wrk hung up is stored, too
  check(all, countStored(gateway.data));
};

const rowOf = (name: string, one: Measured, loadNow: string): string[] => [
  name,
  whole(one.perSecond),
  ms(one.p50Ms),
  ms(one.p99Ms),
  ms(one.maxMs),
  loadNow,
];

/** A pause that makes each connection send its share, if an answer takes a millisecond. */
const pauseFor = (perSecond: number): number => Math.max(1, Math.round((connections / perSecond) * 1000 - 1));

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

/** Compares what was acknowledged with what is in the database. */
const check = (runs: readonly Measured[], stored: Counted): void => {
  const sum = (pick: (run: Measured) => number) => runs.reduce((total, run) => total + pick(run), 0);
  const acknowledged = sum((run) => run.requests);
  const sent = sum((run) => run.sent);
  const distinct = sent - sum((run) => run.resent);
  // wrk hangs up at the end: these requests were sent and may or may not have been stored.
  const unanswered = sent - acknowledged;
  process.stdout.write(
    `acknowledged  ${whole(acknowledged)} requests, ${whole(sent - distinct)} of ${whole(sent)} sent were repetitions, ${unanswered} unanswered at the end\n` +
      `stored        ${whole(stored.events)} events of ${whole(distinct)} distinct ones sent, ${whole(stored.sessions)} sessions of ${whole(stored.visitors)} visitors\n` +
      `journal       ${whole(stored.bodyBytes / stored.events)} bytes an event; the whole database ${whole(stored.fileBytes / stored.events)} bytes an event\n`,
  );
  if (stored.events !== stored.ids)
    throw new Error(`bench: ${stored.events} rows have only ${stored.ids} ids`);
  if (stored.events > distinct) throw new Error("bench: more events are stored than were sent");
  if (distinct - stored.events > unanswered) throw new Error("bench: acknowledged events are missing");
  if (stored.inSessions !== stored.events)
    throw new Error(`bench: sessions hold ${stored.inSessions} events`);
};
