/**
 * The line in front of the writer. Events wait here while it commits the batch before: whatever has come meanwhile is the
 * next batch, so that one fsync serves many requests.
 */
import type { Event, Keyed } from "../model/event.ts";
import { type RejectedHit, StoreBusy } from "../model/event-store.ts";
import type { Batch } from "./ledger.ts";
import { bodyOf, eventOf } from "./stored-event.ts";

/** What became of a batch: committed, `doubles` being the positions of lines stored before; or nothing of it kept. */
export type Outcome =
  | { readonly kind: "appended"; readonly doubles: readonly number[] }
  | { readonly kind: "refused"; readonly reason: string; readonly disk: boolean };

/** What may wait. */
export interface LineLimits {
  /** events; beyond it appending is refused */
  readonly pendingEvents: number;
  /** bytes of events; once there are more, it is refused as well */
  readonly pendingBytes: number;
}

export interface GroupCommitOptions {
  readonly limits: LineLimits;
  /** Hands a batch to the writer; its outcome comes to `settle`. */
  readonly post: (batch: Batch) => void;
  /** Told of each newly stored event after its commit. */
  readonly onStored?: ((event: Event) => void) | undefined;
  readonly onTrouble: (trouble: string | null) => void;
}

export interface GroupCommit {
  /** Resolves once the events are on disk; rejects with `StoreBusy`. */
  append(events: readonly Keyed[]): Promise<void>;
  /** Lines of events as `append` makes them; resolves with the positions of those stored before. */
  appendLines(lines: readonly string[], keyTimes: readonly (number | null)[]): Promise<readonly number[]>;
  reject(hit: RejectedHit): void;
  /** The batch that was posted has its outcome. */
  settle(outcome: Outcome): void;
  /** The writer is gone: what it had and what waits is refused, and so is what comes until `goOn`. */
  fail(error: Error): void;
  /** There is a writer again. */
  goOn(): void;
  /** Why events cannot be stored now, or null. */
  trouble(): string | null;
  /** Newly stored events in each of the last 60 seconds, oldest first. */
  perSecond(now: number): readonly number[];
  pending(): number;
  /** Resolves when nothing waits. */
  drained(): Promise<void>;
}

interface Waiting {
  readonly lines: readonly string[];
  /** of its lines together */
  readonly bytes: number;
  readonly keyTimes: readonly (number | null)[];
  readonly events: readonly Keyed[] | null;
  readonly resolve: (doubles: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

/** One transaction takes at most this many lines, so that nobody waits long behind a large batch. */
const maxBatch = 4000;
const maxBatchBytes = 8 * 1024 * 1024;
const maxRejects = 1000;
const retryAfterSeconds = 5;

export const createGroupCommit = (options: GroupCommitOptions): GroupCommit => {
  const { limits } = options;
  const rate = createRate();
  let queue: Waiting[] = [];
  let queuedLines = 0;
  let queuedBytes = 0;
  let rejects: RejectedHit[] = [];
  let inFlight: Waiting[] | null = null;
  let scheduled = false;
  let trouble: string | null = null;
  let onDrained: (() => void) | null = null;
  let gone: Error | null = null;

  const setTrouble = (next: string | null): void => {
    if (next === trouble) return;
    trouble = next;
    options.onTrouble(next);
  };

  const send = (): void => {
    scheduled = false;
    if (inFlight || gone || (queue.length === 0 && rejects.length === 0)) return;
    const lines: string[] = [];
    const keyTimes: (number | null)[] = [];
    let taken = 0;
    let bytes = 0;
    while (taken < queue.length && lines.length < maxBatch && bytes < maxBatchBytes) {
      const waiting = queue[taken++];
      if (!waiting) break;
      bytes += waiting.bytes;
      for (const line of waiting.lines) lines.push(line);
      for (const keyTime of waiting.keyTimes) keyTimes.push(keyTime);
    }
    inFlight = taken === queue.length ? queue : queue.slice(0, taken);
    queue = taken === queue.length ? [] : queue.slice(taken);
    queuedLines -= lines.length;
    queuedBytes -= bytes;
    options.post({ lines, keyTimes, rejects });
    rejects = [];
  };

  // After the poll phase: all requests that this turn of the event loop brought go into one batch.
  const schedule = (): void => {
    if (scheduled || inFlight) return;
    scheduled = true;
    setImmediate(send);
  };

  const enqueue = (
    lines: readonly string[],
    keyTimes: readonly (number | null)[],
    events: readonly Keyed[] | null,
    resolve: Waiting["resolve"],
    reject: Waiting["reject"],
  ): void => {
    if (gone) {
      reject(new StoreBusy(stopped(gone), retryAfterSeconds));
      return;
    }
    if (queuedLines + lines.length > limits.pendingEvents || queuedBytes > limits.pendingBytes) {
      reject(new StoreBusy("too many events are waiting for the disk", 1));
      return;
    }
    let bytes = 0;
    for (const line of lines) bytes += line.length;
    queue.push({ lines, bytes, keyTimes, events, resolve, reject });
    queuedLines += lines.length;
    queuedBytes += bytes;
    schedule();
  };

  /** Tells each of a committed batch which of its own lines were stored before. */
  const acknowledge = (batch: readonly Waiting[], doubles: readonly number[]): void => {
    let start = 0;
    let next = 0;
    let lines = 0;
    for (const waiting of batch) {
      const end = start + waiting.lines.length;
      let own: number[] | null = null;
      while (next < doubles.length && (doubles[next] ?? end) < end) {
        own ??= [];
        own.push((doubles[next++] ?? 0) - start);
      }
      if (options.onStored && waiting.events) tellStored(waiting.events, own ?? none, options.onStored);
      waiting.resolve(own ?? none);
      lines += waiting.lines.length;
      start = end;
    }
    rate.add(lines - doubles.length);
  };

  return {
    append: (events) =>
      new Promise((resolve, reject) => {
        const lines: string[] = [];
        const keyTimes: (number | null)[] = [];
        for (const { event, keyTime } of events) {
          lines.push(bodyOf(event));
          keyTimes.push(keyTime);
        }
        enqueue(lines, keyTimes, options.onStored ? events : null, () => resolve(), reject);
      }),
    appendLines: (lines, keyTimes) =>
      new Promise((resolve, reject) =>
        enqueue(lines, keyTimes, options.onStored ? lines.map(parsed) : null, resolve, reject),
      ),
    reject(hit) {
      if (rejects.length >= maxRejects || gone) return; // they are kept for study, not promised
      rejects.push(hit);
      schedule();
    },
    settle(outcome) {
      const batch = inFlight ?? [];
      inFlight = null;
      if (queue.length > 0 || rejects.length > 0) send();
      if (outcome.kind === "refused") {
        setTrouble(`store: ${outcome.reason}`);
        const busy = new StoreBusy(outcome.reason, retryAfterSeconds);
        for (const waiting of batch) waiting.reject(busy);
      } else {
        setTrouble(null);
        acknowledge(batch, outcome.doubles);
      }
      if (!inFlight) onDrained?.();
    },
    fail(error) {
      gone = error;
      setTrouble(`store: ${stopped(error)}`);
      const busy = new StoreBusy(stopped(error), retryAfterSeconds);
      for (const waiting of [...(inFlight ?? []), ...queue]) waiting.reject(busy);
      inFlight = null;
      queue = [];
      queuedLines = 0;
      queuedBytes = 0;
      rejects = [];
      onDrained?.();
    },
    goOn() {
      gone = null;
      setTrouble(null);
    },
    trouble: () => trouble,
    perSecond: (now) => rate.lastMinute(now),
    pending: () => queuedLines,
    drained: () =>
      new Promise((resolve) => {
        const check = () => {
          if (!inFlight && queue.length === 0) resolve();
        };
        onDrained = check;
        check();
      }),
  };
};

const none: readonly number[] = [];

const stopped = (error: Error): string => `the writer has stopped: ${error.message}`;

const parsed = (line: string): Keyed => ({ event: eventOf(line), keyTime: null });

const tellStored = (
  events: readonly Keyed[],
  doubles: readonly number[],
  onStored: (event: Event) => void,
): void => {
  for (const [i, { event }] of events.entries()) if (!doubles.includes(i)) onStored(event);
};

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
