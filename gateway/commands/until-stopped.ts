import type { Io } from "./context.ts";

/** Runs what goes on until the person stops it (Ctrl-C): that is its regular end. */
export const untilStopped = async (io: Io, work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
  if (io.signal) return work(io.signal);
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await work(controller.signal);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
};
