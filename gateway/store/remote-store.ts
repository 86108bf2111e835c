/**
 * The store as a worker process sees it: hits go to the owner of the data folder, which answers once they are on disk; what
 * is read comes from a connection of the worker's own.
 */
import type { EventStore } from "../model/event-store.ts";
import { createGroupCommit, type LineLimits, type Outcome } from "./group-commit.ts";
import type { Batch } from "./ledger.ts";
import { openReader, type Reader } from "./reader.ts";

export interface RemoteStoreOptions {
  readonly dir: string;
  /** of what waits; beyond them `append` refuses */
  readonly limits: LineLimits;
  /** Hands a batch to the owner; its outcome comes to `settle`. */
  readonly post: (batch: Batch) => void;
  readonly onTrouble: (trouble: string | null) => void;
}

export interface RemoteStore extends EventStore {
  readonly reader: Reader;
  settle(outcome: Outcome): void;
  /** The owner is gone. */
  fail(error: Error): void;
  /** Waits for what was taken, then closes. */
  close(): Promise<void>;
}

export const openRemoteStore = (options: RemoteStoreOptions): RemoteStore => {
  const reader = openReader(options.dir);
  const line = createGroupCommit(options);
  return {
    append: line.append,
    reject: line.reject,
    settle: line.settle,
    fail: line.fail,
    reader,
    read: (after, limit) => reader.read(after, limit),
    report: async (name, parameters) => reader.report(name, parameters),
    async close() {
      await line.drained();
      reader.close();
    },
  };
};
