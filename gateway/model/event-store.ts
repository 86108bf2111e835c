import type { Event, Keyed } from "./event.ts";
import type { Json } from "./json.ts";
import type { Reject } from "./protocol.ts";

/** What the rest of the program may ask of the stored events; no type of a database appears in it. */
export interface EventStore {
  /**
   * Resolves once the transaction that holds the events is on disk, and for an event that was stored
   * before, too. Rejects with `StoreBusy` when the queue is full or the disk refuses: nothing was kept.
   */
  append(events: readonly Keyed[]): Promise<void>;
  /** Keeps what could not be read, bounded in number and age; loses it silently when overloaded. */
  reject(hit: RejectedHit): void;
  /** Events with a sequence above `after`, in order of receipt, at most `limit`. */
  read(after: number, limit: number): readonly Stored[];
  /** Runs a named report; an unknown name throws. */
  report(name: string, parameters: Readonly<Record<string, Json>>): Promise<readonly Row[]>;
}

export interface Stored {
  readonly seq: number;
  readonly event: Event;
}

export interface RejectedHit extends Reject {
  readonly site: string;
  readonly receivedAt: number;
  readonly method: string;
  readonly path: string;
}

export type Row = Readonly<Record<string, Json>>;

/** The store cannot take events now; the sender should try again after `retryAfterSeconds`. */
export class StoreBusy extends Error {
  readonly retryAfterSeconds: number;
  constructor(reason: string, retryAfterSeconds: number, options?: ErrorOptions) {
    super(reason, options);
    this.name = "StoreBusy";
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
