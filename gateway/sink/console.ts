import { linesOf } from "./lines.ts";
import type { Sink } from "./sink.ts";

/** Prints a line of JSON an event; `print` resolves when the text has been taken. */
export const createConsoleSink = (id: string, print: (text: string) => Promise<void>): Sink => ({
  id,
  write: (batch) => print(linesOf(batch)), // whole lines at once: others print between batches, never within a line
});
