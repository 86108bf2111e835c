/** Takes the steps of a rebuild on the writer's thread, between what else it has to do. */
import { setTimeout as wait } from "node:timers/promises";
import type { Rebuilding } from "./rebuilding.ts";
import type { Wanted } from "./segments/read-history.ts";

export interface RebuildLoop {
  /** There may be something to do. */
  wake(): void;
  /** Resolves when the results are shown; rejects where events cannot be read, or with the thread's end. */
  finished(): Promise<void>;
  /** Somebody waits for the writer: the next step is not taken at once. */
  yield(): void;
}

export interface RebuildLoopParts {
  readonly rebuilding: Rebuilding;
  readonly signal: AbortSignal;
  /** whether somebody's past is being read for the projections */
  readonly isReading: () => boolean;
  /** Reads such a past, and holds the projections up; answers whether it fits into memory. */
  readonly readPast: (lacking: readonly Wanted[]) => Promise<boolean>;
  /** The step is done for which it was read. */
  readonly goOn: () => void;
}

/** Some milliseconds' work, as long as the projections take for theirs. */
const stepRows = 500;
/** After each step, while events come: half of the thread's time is theirs, and their projections'. */
const restMs = 10;
const retryAfterMs = 1000;
const retryReadingAfterMs = 60_000;

export const createRebuildLoop = (parts: RebuildLoopParts): RebuildLoop => {
  const { rebuilding, signal } = parts;
  let isRunning = false;
  let isAwaited = false;
  let rows = stepRows;
  let asked: PromiseWithResolvers<void>[] = [];

  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal }).catch(() => {});

  const settle = (error?: Error): void => {
    for (const { resolve, reject } of asked.splice(0)) {
      if (error) reject(error);
      else resolve();
    }
  };

  const fetch = async (): Promise<boolean> => {
    try {
      await rebuilding.fetch(signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      settle(error instanceof Error ? error : new Error(String(error)));
      await pause(retryReadingAfterMs); // the place is kept: the files may be mended
      return false;
    }
  };

  const step = async (): Promise<void> => {
    let lacking = rebuilding.step(rows);
    if (lacking.length === 0) return;
    try {
      while (lacking.length > 0 && !signal.aborted) {
        const fits = await parts.readPast(lacking);
        if (!fits) rows = Math.max(1, rows >> 3);
        if (!signal.aborted) lacking = rebuilding.step(rows);
      }
    } finally {
      rows = stepRows;
      if (!signal.aborted) parts.goOn();
    }
  };

  const turn = async (): Promise<void> => {
    if (parts.isReading()) return pause(restMs);
    if (!(await fetch()) || signal.aborted || parts.isReading()) return;
    try {
      await step();
    } catch {
      return pause(retryAfterMs); // the disk refuses: appending says it
    }
    if (!rebuilding.isRunning()) settle();
    const ms = isAwaited ? restMs : 0;
    isAwaited = false;
    await pause(ms);
  };

  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    while (!signal.aborted && rebuilding.hasWork()) await turn();
    isRunning = false;
    if (!signal.aborted) settle();
  };

  signal.addEventListener("abort", () => settle(stopped));

  return {
    wake() {
      void run();
    },
    finished() {
      const one = Promise.withResolvers<void>();
      asked = [...asked, one];
      void run();
      return one.promise;
    },
    yield() {
      isAwaited = true;
    },
  };
};

const stopped = new Error("the gateway stops: the results are worked out again after its next start");
