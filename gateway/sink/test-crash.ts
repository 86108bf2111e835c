/** A process of tests that hands events to a sink and kills itself at a moment; its place lies in a file. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { delayAfter } from "./backoff.ts";
import { type FeedPage, runFeed } from "./feed.ts";
import { makeSink } from "./make-sink.ts";
import { sinkSettings } from "./settings.ts";
import { sinkEvent, storedEvent } from "./test-events.ts";
import type { Post } from "./webhook.ts";

export interface CrashRun {
  readonly settings: object;
  readonly plugins: readonly string[];
  readonly events: number;
  readonly batchEvents: number;
  /** which batch of this run dies */
  readonly dieAt: number;
  readonly moment: "writing" | "written";
  /** the file that has the cursor */
  readonly place: string;
}

const run = JSON.parse(process.argv[2] ?? "") as CrashRun; // from the contract, of this very type

const readPlace = (): number => {
  try {
    return Number(readFileSync(run.place, "utf8"));
  } catch {
    return 0; // the first run
  }
};

const keepPlace = (seq: number): void => {
  writeFileSync(`${run.place}.new`, String(seq));
  renameSync(`${run.place}.new`, run.place);
};

const read = (after: number, limit: number): FeedPage => {
  const upTo = Math.min(run.events, after + limit);
  const seqs = Array.from({ length: upTo - after }, (_, i) => after + 1 + i);
  return { rows: seqs.map((seq) => ({ seq, event: storedEvent(seq - 1), size: 200 })), upTo };
};

const print = (text: string): Promise<void> =>
  new Promise((resolve) => process.stdout.write(text, () => resolve()));

const post: Post = async (url, { method, headers, body }) => {
  const { "content-length": _, ...rest } = headers;
  const answer = await fetch(url, { method, headers: rest, body });
  return { status: answer.status, headers: Object.fromEntries(answer.headers) };
};

const die = (): void => void process.kill(process.pid, "SIGKILL");

const from = readPlace();
const stop = new AbortController();
if (from === run.events) stop.abort(); // the run before was killed after its last batch
const settings = sinkSettings.parse({ id: "crashing", ...run.settings });
const sink = await makeSink(settings, {
  print,
  postFor: () => post,
  clock: Date.now,
  plugins: run.plugins,
  folder: process.cwd(),
});
let batches = 0;
await runFeed({
  sink,
  source: { read },
  from,
  failures: 0,
  batchEvents: run.batchEvents,
  flushMs: 1,
  timeoutMs: 60_000,
  wants: () => true,
  toRecord: (event) => sinkEvent(Number(event.properties?.["n"])),
  report(report) {
    if (report.kind === "writing" && ++batches === run.dieAt && run.moment === "writing") {
      setImmediate(die); // the write has begun by then, and may have ended
    }
    if (report.kind !== "moved") return;
    // Each run gets further than the one before: the last batches are too few to die at.
    if (batches === run.dieAt && run.moment === "written") die();
    keepPlace(report.seq);
    if (report.seq === run.events) stop.abort();
  },
  delayAfter: (failures, askedMs) => delayAfter(failures, 1, askedMs, { firstMs: 1, maxMs: 10 }),
  wait: (ms, signal) => pause(ms, undefined, { signal }).catch(() => {}),
  stopping: stop.signal,
  cut: stop.signal,
});
await sink.close?.();
