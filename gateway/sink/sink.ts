/**
 * What leaves the process: stored events are handed to sinks in order, each sink from a cursor of its own that is kept
 * with the events. At least once: the cursor moves after a write has succeeded, so what a crash cuts off comes again.
 */
import type { Json } from "../model/json.ts";

/** One flat record: the columns of the export by their names; a column that is absent is null. */
export type SinkEvent = Readonly<Record<string, Json>>;

/** Where events go. */
export interface Sink {
  readonly id: string;
  /**
   * Resolves once the events are safe outside; rejects with one sentence where they are not, and then they come again,
   * later. `signal` aborts when the time for it is up or Turnpike stops: what goes on after that is cut off.
   */
  write(batch: readonly SinkEvent[], signal: AbortSignal): Promise<void>;
  /** Gives back what it holds; no write runs then. */
  close?(): Promise<void> | void;
}

/** Makes a sink of what its settings say, `id` among them. */
export type SinkFactory = (settings: SinkOptions) => Sink | Promise<Sink>;

export type SinkOptions = { readonly id: string } & Readonly<Record<string, Json>>;

/** The other side takes nothing now, and says for how long. Any error with the field `retryAfterMs` says the same. */
export class SinkBusy extends Error {
  readonly retryAfterMs: number;
  constructor(reason: string, retryAfterMs: number) {
    super(reason);
    this.name = "SinkBusy";
    this.retryAfterMs = retryAfterMs;
  }
}
