import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { SinkThread, ThreadEvents } from "./sink/runner.ts";
import type { FromThread, ThreadStart, ToThread } from "./sink/thread-messages.ts";

/** More than any sink needs; one that leaks ends its thread, not the gateway. */
const mostMegabytes = 256;

/** Starts a thread of a sink; the process may end while it runs. */
export const startThread = (start: ThreadStart, events: ThreadEvents): SinkThread => {
  const worker = new Worker(fileURLToPath(new URL("./sink-thread.ts", import.meta.url)), {
    workerData: start,
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes, maxYoungGenerationSizeMb: 8 },
  });
  let failure: string | null = null;
  worker.on("message", (message: FromThread) => events.told(message));
  worker.on("error", (error: Error) => {
    failure = error.message;
  });
  worker.on("exit", (code) => events.ended(failure ?? `its thread ended (${code})`));
  worker.unref();
  return {
    tell: (message: ToThread) => worker.postMessage(message),
    async end() {
      await worker.terminate();
    },
  };
};
