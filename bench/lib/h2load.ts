/** Runs h2load and reads its words, and the times that it writes down of each request. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findTool } from "./tools.ts";

export interface H2Load {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  /** requests at once on each */
  readonly streams: number;
  /** requests a second on each connection; as many as go where it is left out */
  readonly perSecond?: number;
  /** speaks HTTP/1.1 */
  readonly http1?: boolean;
}

export interface H2Loaded {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Rejects where a request failed. */
export const runH2load = async (load: H2Load): Promise<H2Loaded> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-h2load-"));
  const log = join(folder, "times");
  try {
    const said = await run(load, log);
    const rate = /, ([\d.]+) req\/s/.exec(said)?.[1];
    const failed = /(\d+) failed, (\d+) errored, (\d+) timeout/.exec(said);
    const statuses = /status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(said);
    if (rate === undefined || failed === null || statuses === null)
      throw new Error(`bench: h2load said nothing that can be read: ${said}`);
    if (Number(failed[1]) + Number(statuses[3]) + Number(statuses[4]) > 0)
      throw new Error(`bench: ${failed[0]}, ${statuses[0]} at ${load.url}`);
    return { perSecond: Number(rate), p99Ms: p99Of(log) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const run = (load: H2Load, log: string): Promise<string> => {
  const args = [
    `-D${load.seconds}`,
    `-c${load.connections}`,
    `-m${load.streams}`,
    "-t1",
    `--log-file=${log}`,
  ];
  if (load.perSecond !== undefined) args.push(`--rps=${load.perSecond}`);
  if (load.http1) args.push("--h1");
  const child = spawn(findTool("h2load") ?? "h2load", [...args, load.url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return text(child.stdout);
};

/** A line: when it began, its status, how long it took in microseconds. */
const p99Of = (log: string): number => {
  const took = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => Number(line.split("\t")[2]))
    .sort((a, b) => a - b);
  return (took[Math.floor(took.length * 0.99)] ?? Number.NaN) / 1000;
};
