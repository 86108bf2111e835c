/**
 * The writer's thread, started before anybody knows what it is to write: it loads its files on one core while the main
 * thread loads its own on another.
 */
import { Worker } from "node:worker_threads";
import type { ProjectionSettings } from "./projected-ledger.ts";

export interface WriterAhead {
  /** Hands the thread its settings: it opens the database and says so. Throws what it could not load. */
  begin(settings: ProjectionSettings): Worker;
}

/** Else V8 gives up to 128 MB of a thread's heap to objects that are to die young. */
const resourceLimits = { maxYoungGenerationSizeMb: 24 };

/** Starts the thread. One that never begins ends with the process, and does not hold it up. */
export const startWriterAhead = (): WriterAhead => {
  const worker = new Worker(new URL("./writer.ts", import.meta.url), { resourceLimits });
  let failure: Error | null = null;
  const fail = (error: unknown): void => {
    failure = error instanceof Error ? error : new Error(String(error));
  };
  worker.once("error", fail);
  worker.unref();
  return {
    begin(settings) {
      if (failure) throw failure;
      worker.off("error", fail); // who has the thread listens from here on
      worker.ref();
      worker.postMessage(settings);
      return worker;
    },
  };
};
