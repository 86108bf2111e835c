/** The bulk of a steady load, in a process of its own: a thousand requests a second take little of what is measured. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LeanOptions, LeanReport } from "./lean-messages.ts";

export interface LeanLoad {
  answered(): number;
  /** connections that the server closed while nothing was asked on them */
  idleClosed(): number;
  /** Sends no more, waits for the answers that are due; a word on how long they took. */
  stop(): Promise<string>;
}

/** Starts it; what went wrong and which events were acknowledged goes into the lists. */
export const startLean = (
  options: LeanOptions,
  { failures, acknowledged }: { readonly failures: string[]; readonly acknowledged: string[] },
): LeanLoad => {
  const child = fork(fileURLToPath(new URL("./lean-process.ts", import.meta.url)));
  const exited = once(child, "exit");
  let answered = 0;
  let idleClosed = 0;
  let took = "nothing of the visitors' process, which ended before it was asked to";
  child.on("message", (report: LeanReport) => {
    answered += report.answered;
    idleClosed += report.idleClosed;
    failures.push(...report.failures);
    acknowledged.push(...report.acknowledged);
    if (!report.took) return;
    const { pages, events } = report.took;
    took = `pages took ${words(pages)}; events ${words(events)}`;
  });
  child.send(options);
  return {
    answered: () => answered,
    idleClosed: () => idleClosed,
    async stop() {
      if (child.connected) child.send("stop");
      const [code] = (await exited) as [number | null];
      if (code !== 0) failures.push(`the visitors' process ended with ${code}`);
      return took;
    },
  };
};

const words = (took: { readonly p50: number; readonly p99: number; readonly longest: number }): string =>
  `${took.p50.toFixed(1)} ms (p99 ${took.p99.toFixed(0)}, longest ${took.longest.toFixed(0)})`;
