/**
 * The store as the main thread sees it. Events wait here while the writer commits the batch before: whatever has
 * come meanwhile is the next batch (group commit), so that one fsync serves many requests.
 */
import type { Worker } from "node:worker_threads";
import type { Event, Keyed } from "../model/event.ts";
import { type EventStore, type RejectedHit, StoreBusy } from "../model/event-store.ts";
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

export interface SqliteStore extends EventStore {
  /** Asks the writer's thread for something else than appending. */
  call(what: WriterCall): Promise<unknown>;
  /** Hands changed settings to the writer's thread. */
  configure(settings: unknown): void;
  readonly reader: Reader;
  /** Why events cannot be stored now, or null. */
  trouble(): string | null;
  /** Newly stored events in each of the last 60 seconds, oldest first. */
  perSecond(now: number): readonly number[];
  pending(): number;
  /** Waits for what was taken, then closes. */
  close(): Promise<void>;
}

interface Waiting {
  readonly lines: string[];
  readonly keyTimes: (number | null)[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly events: readonly Keyed[] | null;
}

/** One transaction takes at most this many lines, so that nobody waits long behind a large batch. */
const maxBatch = 4000;
const retryAfterSeconds = 5;

/** Resolves once the database is open; rejects with the writer's sentence when it cannot be. */
export const openSqliteStore = async (options: SqliteStoreOptions): Promise<SqliteStore> => {
  const worker = options.startWriter();
  await opened(worker);
  const reader = openReader(options.dir);
  const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const rate = createRate();
  let queue: Waiting[] = [];
  let queuedLines = 0;
  let rejects: RejectedHit[] = [];
  let inFlight: Waiting[] | null = null;
  let scheduled = false;
  let nextCall = 0;
  let trouble: string | null = null;
  let drained: (() => void) | null = null;
  let gone: Error | null = null;

  const setTrouble = (next: string | null) => {
    if (next === trouble) return;
    trouble = next;
    options.onTrouble(next);
  };

  const post = (message: ToWriter) => worker.postMessage(message);

  const send = () => {
    scheduled = false;
    if (inFlight || gone || (queue.length === 0 && rejects.length === 0)) return;
    const lines: string[] = [];
    const keyTimes: (number | null)[] = [];
    let taken = 0;
    while (taken < queue.length && lines.length < maxBatch) {
      const waiting = queue[taken++];
      if (!waiting) break;
      for (const line of waiting.lines) lines.push(line);
      for (const keyTime of waiting.keyTimes) keyTimes.push(keyTime);
    }
    inFlight = taken === queue.length ? queue : queue.slice(0, taken);
    queue = taken === queue.length ? [] : queue.slice(taken);
    queuedLines -= lines.length;
    post({ kind: "append", lines, keyTimes, rejects });
    rejects = [];
  };

  // After the poll phase: all requests that this turn of the event loop brought go into one batch.
  const schedule = () => {
    if (scheduled || inFlight) return;
    scheduled = true;
    setImmediate(send);
  };

  const settle = (message: Extract<FromWriter, { kind: "appended" | "refused" }>) => {
    const batch = inFlight ?? [];
    inFlight = null;
    if (queue.length > 0 || rejects.length > 0) send();
    if (message.kind === "refused") {
      setTrouble(`store: ${message.reason}`);
      const busy = new StoreBusy(message.reason, retryAfterSeconds);
      for (const waiting of batch) waiting.reject(busy);
    } else {
      setTrouble(null);
      acknowledge(batch, message);
    }
    if (drained && !inFlight) drained();
  };

  const acknowledge = (batch: Waiting[], message: Extract<FromWriter, { kind: "appended" }>) => {
    const doubles = message.doubles.length > 0 ? new Set(message.doubles) : null;
    let index = 0;
    let stored = 0;
    for (const waiting of batch) {
      for (let i = 0; i < waiting.lines.length; i++, index++) {
        if (doubles?.has(index)) continue;
        stored++;
        const keyed = waiting.events?.[i];
        if (keyed) options.onStored?.(keyed.event);
      }
      waiting.resolve();
    }
    rate.add(stored);
  };

  const fail = (error: Error) => {
    gone = error;
    setTrouble(`store: the writer has stopped (${error.message}): restart Turnpike`);
    for (const waiting of [...(inFlight ?? []), ...queue]) waiting.reject(new StoreBusy(error.message, 60));
    for (const call of calls.values()) call.reject(error);
    inFlight = null;
    queue = [];
    drained?.();
  };

  worker.on("message", (message: FromWriter) => {
    if (message.kind === "appended" || message.kind === "refused") settle(message);
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
    reader,
    append(events) {
      if (gone) return Promise.reject(new StoreBusy("the writer has stopped", 60));
      if (queuedLines + events.length > options.pendingEvents) {
        return Promise.reject(new StoreBusy("too many events are waiting for the disk", 1));
      }
      return new Promise((resolve, reject) => {
        const lines: string[] = [];
        const keyTimes: (number | null)[] = [];
        for (const { event, keyTime } of events) {
          lines.push(JSON.stringify(event));
          keyTimes.push(keyTime);
        }
        queue.push({ lines, keyTimes, resolve, reject, events: options.onStored ? events : null });
        queuedLines += lines.length;
        schedule();
      });
    },
    reject(hit) {
      if (rejects.length >= 1000 || gone) return; // they are kept for study, not promised
      rejects.push(hit);
      schedule();
    },
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
    trouble: () => trouble,
    perSecond: (now) => rate.lastMinute(now),
    pending: () => queuedLines,
    async close() {
      if (!gone && (inFlight || queue.length > 0)) {
        await new Promise<void>((resolve) => {
          drained = () => {
            if (!inFlight && queue.length === 0) resolve();
          };
        });
      }
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

/** Counts per second over the last minute. */
const createRate = () => {
  const counts = new Map<number, number>();
  return {
    add(n: number) {
      const second = Math.floor(Date.now() / 1000);
      counts.set(second, (counts.get(second) ?? 0) + n);
      if (counts.size > 120) for (const key of counts.keys()) if (key < second - 60) counts.delete(key);
    },
    lastMinute(now: number): readonly number[] {
      const second = Math.floor(now / 1000);
      return Array.from({ length: 60 }, (_, i) => counts.get(second - 59 + i) ?? 0);
    },
  };
};
