import type { SinkEvent } from "./sink.ts";

/** A line of JSON for each event. */
export const linesOf = (batch: readonly SinkEvent[]): string =>
  batch.map((event) => `${JSON.stringify(event)}\n`).join("");
