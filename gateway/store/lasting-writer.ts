/**
 * The writer's thread as the store uses it. One that ends unasked is followed by another on the same database: what was
 * committed is there, what was not has been acknowledged to nobody.
 */
import type { Worker } from "node:worker_threads";
import type { FromWriter, ToWriter } from "./writer-thread.ts";

export interface LastingWriterOptions {
  /** what the writer's file takes */
  readonly settings: unknown;
  /** Starts the thread; throws what it could not load. */
  readonly start: (settings: unknown) => Worker;
  readonly onMessage: (message: Exclude<FromWriter, { kind: "ready" }>) => void;
  /** It has ended, and its connection to the database with it; another one is started after `againMs`. */
  readonly onLost: (error: Error, againMs: number) => void;
  /** Another one serves. */
  readonly onBack: () => void;
  /** how long to wait after so many that ended soon after they were started */
  readonly delayAfter?: (deaths: number) => number;
}

export interface LastingWriter {
  /** Lost where no thread serves: `onLost` has said so. */
  post(message: ToWriter): void;
  close(): Promise<void>;
}

/** One that has served for so long did not die of what the one before it did. */
const soundMs = 60_000;

/** What ails it may be in the data: the disk and the processor are not to be busy with starts. */
const doubling = (deaths: number): number => Math.min(1000 * 2 ** (deaths - 1), 60_000);

/** Resolves once the first thread serves; rejects with its sentence when it cannot. */
export const startLastingWriter = async (options: LastingWriterOptions): Promise<LastingWriter> => {
  const { start, onMessage, onLost, onBack, delayAfter = doubling } = options;
  let { settings } = options;
  let worker: Worker | null = null;
  let servingSince: number | null = null;
  let deaths = 0;
  let again: NodeJS.Timeout | undefined;
  let closing: (() => void) | null = null;

  /** Resolves when it serves; rejects when it has ended before. */
  const launch = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const given = settings;
      const one = start(given);
      worker = one;
      let failure: Error | null = null;
      one.on("message", (message: FromWriter) => {
        if (message.kind !== "ready") return onMessage(message);
        servingSince = performance.now();
        if (settings !== given) one.postMessage({ kind: "configure", settings } satisfies ToWriter);
        resolve();
      });
      one.on("error", (error) => {
        failure = error;
      });
      one.on("exit", (code) => {
        const since = servingSince;
        worker = null;
        servingSince = null;
        const error = failure ?? new Error(`it ended with ${code}`);
        reject(error); // of no effect where it has served
        if (closing) closing();
        if (since !== null) lose(error, performance.now() - since);
      });
    });

  const lose = (error: Error, livedMs = 0): void => {
    if (closing) return;
    deaths = livedMs >= soundMs ? 1 : deaths + 1;
    const againMs = delayAfter(deaths);
    onLost(error, againMs);
    again = setTimeout(() => void launch().then(onBack, (failure: Error) => lose(failure)), againMs);
  };

  await launch();
  return {
    post(message) {
      if (message.kind === "configure") settings = message.settings;
      if (servingSince !== null) worker?.postMessage(message);
    },
    close: () =>
      new Promise((resolve) => {
        closing = resolve;
        clearTimeout(again);
        if (!worker) resolve();
        else if (servingSince === null) void worker.terminate();
        else worker.postMessage({ kind: "close" } satisfies ToWriter);
      }),
  };
};
