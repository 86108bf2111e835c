/** The store as the owner's main thread sees it: a line in front of the writer's thread, and a connection that reads. */
import type { Worker } from "node:worker_threads";
import type { Event } from "../model/event.ts";
import type { EventStore } from "../model/event-store.ts";
import { createGroupCommit, type GroupCommit, type LineLimits } from "./group-commit.ts";
import { startLastingWriter } from "./lasting-writer.ts";
import { openReader, type Reader } from "./reader.ts";
import type { WriterCall } from "./writer-thread.ts";

export interface SqliteStoreOptions {
  readonly dir: string;
  /** of what waits; beyond them `append` refuses */
  readonly limits: LineLimits;
  /** what the writer's file takes */
  readonly settings: unknown;
  /** Starts the writer's thread; called again where one has ended unasked. */
  readonly startWriter: (settings: unknown) => Worker;
  /** Told of a thread that ended so, and when another one is started. */
  readonly onWriterLost: (error: Error, againMs: number) => void;
  /** Another one serves; what the one before was about may lie half done. */
  readonly onWriterBack: () => void;
  /** how long after so many that ended soon another one is started; grows to a minute where it is left out */
  readonly delayAfter?: (deaths: number) => number;
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
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let nextCall = 0;
  let gone: Error | null = null;
  const commits = { count: 0, seconds: 0 };
  let postedAt = 0;

  const writer = await startLastingWriter({
    settings: options.settings,
    start: options.startWriter,
    ...(options.delayAfter && { delayAfter: options.delayAfter }),
    onMessage(message) {
      if (message.kind === "appended") {
        commits.count++;
        commits.seconds += (performance.now() - postedAt) / 1000; // settling it posts the next
      }
      if (message.kind !== "answer") return line.settle(message);
      const call = calls.get(message.call);
      calls.delete(message.call);
      if (message.error === undefined) call?.resolve(message.value);
      else call?.reject(new Error(message.error));
    },
    onLost(error, againMs) {
      gone = new Error(`store: the writer's thread has ended (${error.message}): try again in a moment`);
      options.onWriterLost(error, againMs);
      line.fail(error);
      for (const call of calls.values()) call.reject(gone);
      calls.clear();
    },
    onBack() {
      gone = null;
      line.goOn();
      options.onWriterBack();
    },
  });
  const reader = openReader(options.dir);
  const line = createGroupCommit({
    ...options,
    post(batch) {
      postedAt = performance.now();
      writer.post({ kind: "append", ...batch });
    },
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
        writer.post({ kind: "call", call, what });
      });
    },
    configure: (settings) => writer.post({ kind: "configure", settings }),
    async close() {
      await line.drained(); // at once where no writer serves
      gone = new Error("store: it is closed");
      reader.close(); // before the writer: the last connection folds the WAL into the database
      await writer.close();
    },
  };
};
