/**
 * Hands stored events to one sink, batch by batch, for as long as it may. A batch that failed comes again as it was
 * cut, read anew: a visitor who was erased meanwhile is not in it any more.
 */
import type { Event } from "../model/event.ts";
import { askedBy } from "./backoff.ts";
import { messageOf } from "./message-of.ts";
import type { Sink, SinkEvent } from "./sink.ts";

/** Stored events after a sequence, as they may be shown. */
export interface FeedSource {
  read(after: number, limit: number): FeedPage;
}

export interface FeedPage {
  readonly rows: readonly FeedRow[];
  /** the sequence up to which there is nothing more than `rows`; `after` where there is nothing new */
  readonly upTo: number;
}

export interface FeedRow {
  readonly seq: number;
  /** null where it may not be shown: its visitor was erased */
  readonly event: Event | null;
  /** characters of it, about */
  readonly size: number;
}

/** What has become of the feed, for whoever keeps its place. */
export type FeedReport =
  /** a write begins; the oldest of its events was received at this time */
  | { readonly kind: "writing"; readonly oldest: number }
  | {
      readonly kind: "moved";
      readonly seq: number;
      /** when the event there was received, ms; null where it is none */
      readonly receivedAt: number | null;
      readonly events: number;
      readonly missed: number;
    }
  | { readonly kind: "failed"; readonly sentence: string; readonly retryMs: number };

export interface FeedOptions {
  readonly sink: Sink;
  readonly source: FeedSource;
  /** the sequence that was reached before */
  readonly from: number;
  /** failures in a row before this */
  readonly failures: number;
  readonly batchEvents: number;
  readonly flushMs: number;
  readonly timeoutMs: number;
  readonly wants: (event: Event) => boolean;
  readonly toRecord: (event: Event) => SinkEvent;
  readonly report: (report: FeedReport) => void;
  readonly delayAfter: (failures: number, askedMs: number) => number;
  /** ends early when the signal aborts */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** no further batch begins */
  readonly stopping: AbortSignal;
  /** the batch that is being written is given up */
  readonly cut: AbortSignal;
}

/** So many rows are looked through for one batch: a sink that wants few events still moves on. */
const mostRows = 10_000;
const leastRows = 50;
/** A batch is cut where its events have so many characters in JSON, about. */
const mostCharacters = 1 << 20;

interface Batch {
  readonly events: readonly SinkEvent[];
  readonly seq: number;
  readonly receivedAt: number | null;
  readonly oldest: number;
  readonly missed: number;
  /** nothing more was stored when it was cut */
  readonly isLast: boolean;
}

/** Resolves when `stopping` has aborted and no write runs. */
export const runFeed = async (options: FeedOptions): Promise<void> => {
  const { stopping, report, wait } = options;
  let place = options.from;
  let failures = options.failures;
  let cutAt = Number.POSITIVE_INFINITY;
  while (!stopping.aborted) {
    let batch: Batch | null = null;
    try {
      batch = await gather(options, place, cutAt);
      if (batch.events.length > 0) await write(options, batch);
    } catch (error) {
      if (stopping.aborted) return;
      if (batch) cutAt = batch.seq;
      const retryMs = options.delayAfter(++failures, askedBy(error));
      report({ kind: "failed", sentence: messageOf(error), retryMs });
      await wait(retryMs, stopping);
      continue;
    }
    cutAt = Number.POSITIVE_INFINITY;
    const { seq, receivedAt, events, missed, isLast } = batch;
    failures = 0;
    if (seq > place) report({ kind: "moved", seq, receivedAt, events: events.length, missed });
    place = seq;
    if (isLast) await wait(options.flushMs, stopping);
  }
};

const gather = async (options: FeedOptions, after: number, cutAt: number): Promise<Batch> => {
  const { source, batchEvents, stopping } = options;
  const batch = createBatch(options, after, cutAt);
  let looked = 0;
  while (looked < mostRows && !batch.isFull() && !stopping.aborted) {
    const page = source.read(batch.seq(), Math.max(leastRows, batchEvents - batch.count()));
    if (page.upTo <= batch.seq()) return batch.end(true);
    if (page.rows.every((row) => batch.take(row))) batch.moveTo(page.upTo);
    looked += page.rows.length;
    await new Promise(setImmediate); // a word from outside, to stop, is heard between pages
  }
  return batch.end(false);
};

/** What is gathered for one write. Sequences without a row are of events that are stored no longer. */
const createBatch = ({ wants, toRecord, batchEvents }: FeedOptions, after: number, cutAt: number) => {
  const events: SinkEvent[] = [];
  let [seq, missed, characters] = [after, 0, 0];
  let receivedAt: number | null = null;
  let oldest = Number.POSITIVE_INFINITY;
  const isFull = () => events.length >= batchEvents || characters >= mostCharacters || seq >= cutAt;
  const moveTo = (upTo: number): void => {
    const end = Math.min(upTo, cutAt);
    missed += Math.max(0, end - seq);
    seq = Math.max(seq, end);
  };
  return {
    isFull,
    seq: () => seq,
    count: () => events.length,
    /** False where it belongs into the next one. */
    take(row: FeedRow): boolean {
      if (isFull()) return false;
      if (row.seq > cutAt) {
        moveTo(cutAt); // what is left up to there has been removed since it was cut
        return false;
      }
      missed += row.seq - seq - 1;
      ({ seq } = row);
      if (row.event === null) return true;
      receivedAt = row.event.received_at;
      if (!wants(row.event)) return true;
      oldest = Math.min(oldest, row.event.received_at);
      characters += row.size;
      events.push(toRecord(row.event));
      return true;
    },
    moveTo,
    end: (isLast: boolean): Batch => ({ events, seq, receivedAt, oldest, missed, isLast }),
  };
};

const write = async ({ sink, timeoutMs, cut, report }: FeedOptions, batch: Batch): Promise<void> => {
  const late = new AbortController();
  const abort = () => late.abort(cut.reason);
  const timer = setTimeout(
    () => late.abort(new Error(`it did not take ${batch.events.length} events within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  cut.addEventListener("abort", abort, { once: true });
  try {
    report({ kind: "writing", oldest: batch.oldest });
    await sink.write(batch.events, late.signal);
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
    cut.removeEventListener("abort", abort);
  }
};
