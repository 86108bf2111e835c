/** The store as the owner's main thread sees it: a line in front of the writer's thread, and a connection that reads. */
import type { Worker } from "node:worker_threads";
import type { Event } from "../model/event.ts";
import type { EventStore } from "../model/event-store.ts";
import { createGroupCommit, type GroupCommit } from "./group-commit.ts";
import { openReader, type Reader } from "./reader.ts";
import type { FromWriter, ToWriter, WriterCall } from "./writer-thread.ts";

export interface SqliteStoreOptions {
  readonly dir: string;
  /** events waiting at most; beyond it `append` refuses */
  readonly pendingEvents: number;
  /** Starts the writer's thread. */
  readonly startWriter: () => Worker;
  /** Told of each newly stored event after its commit. */
  readonly onStored?: (event: Event) => void;
  readonly onTrouble: (trouble: string | null) => void;
}

export interface SqliteStore
  extends EventStore,
    Pick<GroupCommit, "appendLines" | "trouble" | "perSecond" | "pending"> {
  /** Asks the writer's thread for something else than appending. */
  call(what: WriterCall): Promise<unknown>;
  /** Hands changed settings to the writer's thread. */
  configure(settings: unknown): void;
  /** batches that were committed, and the time from handing each to the writer, all together */
  commits(): { readonly count: number; readonly seconds: number };
  readonly reader: Reader;
  /** Waits for what was taken, then closes. */
  close(): Promise<void>;
}

/** Resolves once the database is open; rejects with the writer's sentence when it cannot be. */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<SqliteStore> => {
  const worker = options.startWriter();
  await opened(worker);
  const reader = openReader(options.dir);
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let nextCall = 0;
  let gone: Error | null = null;

  const post = (message: ToWriter) => worker.postMessage(message);
  const commits = { count: 0, seconds: 0 };
  let postedAt = 0;
  const line = createGroupCommit({
    ...options,
    post(batch) {
      postedAt = performance.now();
      post({ kind: "append", ...batch });
    },
  });

  const fail = (error: Error) => {
    gone = error;
    line.fail(error);
    for (const call of calls.values()) call.reject(error);
  };

  worker.on("message", (message: FromWriter) => {
    if (message.kind === "appended") {
      commits.count++;
      commits.seconds += (performance.now() - postedAt) / 1000; // settling it posts the next
    }
    if (message.kind === "appended" || message.kind === "refused") line.settle(message);
    if (message.kind !== "answer") return;
    const call = calls.get(message.call);
    calls.delete(message.call);
    if (message.error === undefined) call?.resolve(message.value);
    else call?.reject(new Error(message.error));
  });
  worker.on("error", fail);
  worker.on("exit", () => {
    if (!gone) fail(new Error("it ended"));
  });

  return {
    ...line,
    commits: () => ({ ...commits }),
    reader,
    read: (after, limit) => reader.read(after, limit),
    report: async (name, parameters) => reader.report(name, parameters),
    call(what) {
      if (gone) return Promise.reject(gone);
      const call = nextCall++;
      return new Promise((resolve, reject) => {
        calls.set(call, { resolve, reject });
        post({ kind: "call", call, what });
      });
    },
    configure: (settings) => post({ kind: "configure", settings }),
    async close() {
      if (!gone) await line.drained();
      reader.close(); // before the writer: the last connection folds the WAL into the database
      if (!gone) {
        gone = new Error("closed");
        const exited = new Promise((resolve) => worker.once("exit", resolve));
        post({ kind: "close" });
        await exited;
      }
    },
  };
};

const opened = (worker: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    worker.once("message", () => {
      worker.off("error", reject);
      resolve();
    });
    worker.once("error", reject);
  });
