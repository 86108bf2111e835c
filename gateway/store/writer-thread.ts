/** The writer's thread: takes batches from the main thread, commits them, says so. */
import type { MessagePort } from "node:worker_threads";
import { codeOf } from "../lib/error-code.ts";
import type { NewToken } from "../model/token.ts";
import type { DayCount } from "./day-table.ts";
import { isDiskTrouble } from "./disk-trouble.ts";
import type { Outcome } from "./group-commit.ts";
import type { Batch, Ledger } from "./ledger.ts";
import { createRebuildLoop } from "./rebuild-loop.ts";
import type { Wanted } from "./segments/read-history.ts";
import type { SegmentCall } from "./segments/writing.ts";
import type { SinkPlace } from "./sink-table.ts";

export type ToWriter =
  | ({ readonly kind: "append" } & Batch)
  | { readonly kind: "call"; readonly call: number; readonly what: WriterCall }
  /** settings changed; `settings` is what the writer's file takes */
  | { readonly kind: "configure"; readonly settings: unknown }
  | { readonly kind: "close" };

export type WriterCall =
  | { readonly kind: "rebuild-experiments" }
  | { readonly kind: "remove-demo" }
  | { readonly kind: "segments"; readonly what: SegmentCall }
  | { readonly kind: "create-token"; readonly token: NewToken; readonly given?: string }
  | { readonly kind: "keep-sink-places"; readonly places: readonly SinkPlace[] }
  | {
      readonly kind: "keep-day-counts";
      readonly day: string;
      readonly counts: readonly DayCount[];
      readonly limit: number;
    }
  | { readonly kind: "list-tokens" }
  | { readonly kind: "revoke-token"; readonly name: string };

export type FromWriter = { readonly kind: "ready" } | Outcome | Answer;

interface Answer {
  readonly kind: "answer";
  readonly call: number;
  readonly value?: unknown;
  readonly error?: string;
}

type CallMessage = Extract<ToWriter, { kind: "call" }>;

const pruneEveryMs = 60_000;
/**
 * Rows that the projections follow at a time: some 13 ms at full load. More would write each page once for more of them, and
 * whoever sends an event would wait longer; where few come, the time below ends a step first.
 */
const stepRows = 450;
/** What was stored is in the projections after this time at the latest, unless rows come faster than they can follow. */
const followAfterMs = 25;
const retryAfterMs = 1000;
/** The projections are never further behind than this many rows, half a second's work: who sends more waits for them. */
const mostBehindRows = 10_000;
/** In such a case nobody waits behind a step but those who send that much. */
const longStepRows = 2000;

/** Serves until it is told to close; `configure` takes changed settings. */
export const serveWriter = (
  ledger: Ledger,
  port: MessagePort,
  configure: (settings: unknown) => void,
): void => {
  const say = (message: FromWriter) => port.postMessage(message);
  const pruning = setInterval(() => attempt(() => ledger.prune()), pruneEveryMs);
  const closing = new AbortController();
  let following: NodeJS.Timeout | null = null;
  /** Somebody's past is read out of files: until it is there nothing is followed, and events are taken. */
  let isReading = false;
  /** rows of the next step; less than usual where the past of so many people does not fit into memory */
  let rows = stepRows;
  /** calls that wait until the projections are where the journal is */
  const waiting: (() => void)[] = [];

  const rebuild = createRebuildLoop({
    rebuilding: ledger.rebuilding,
    signal: closing.signal,
    isReading: () => isReading,
    readPast(lacking) {
      isReading = true;
      return ledger.readPast(lacking, closing.signal);
    },
    goOn() {
      isReading = false;
      goOn();
    },
  });

  const follow = (): void => {
    if (following) clearTimeout(following);
    following = null;
    if (isReading) return;
    try {
      step(rows);
      if (ledger.pending() > 0) followIn(ledger.pending() < stepRows ? followAfterMs : 0);
    } catch {
      followIn(retryAfterMs); // nothing is lost: the rows are in the journal; appending says what is wrong
    }
  };

  const step = (limit: number): void => {
    const lacking = ledger.tryToFollow(limit);
    if (lacking.length > 0) void readPast(lacking, limit);
    else rows = stepRows;
  };

  const readPast = async (lacking: readonly Wanted[], limit: number): Promise<void> => {
    isReading = true;
    const fits = await ledger.readPast(lacking, closing.signal);
    isReading = false;
    if (closing.signal.aborted) return;
    if (!fits) rows = Math.max(1, limit >> 3);
    goOn();
  };

  const goOn = (): void => {
    serveWaiting();
    follow();
  };

  const catchUp = (): void =>
    attempt(() => {
      while (!isReading && ledger.pending() > mostBehindRows) step(longStepRows);
    });

  const serveWaiting = (): void => {
    while (waiting.length > 0) {
      attempt(() => {
        while (!isReading && ledger.pending() > 0) step(rows);
      });
      if (isReading) return;
      waiting.shift()?.();
    }
  };

  const followIn = (ms: number): void => {
    following ??= setTimeout(follow, ms);
  };

  const append = (batch: Batch): void => {
    // Rows that could not be followed are held in memory: past this many the disk must first take them.
    if (ledger.pending() > maxPendingRows) {
      say(cannotFollow(isReading));
      return;
    }
    rebuild.yield();
    if (ledger.pending() > mostBehindRows) catchUp();
    say(appendBatch(ledger, batch));
    if (ledger.pending() < stepRows) followIn(followAfterMs);
    else follow();
  };

  /** Answers a call; one after which results are worked out again has its answer when they are. */
  const serve = async ({ call, what }: CallMessage): Promise<void> => {
    const answered = answer(ledger, call, what);
    if (!rebuilds(what) || answered.error !== undefined) return say(answered);
    try {
      await rebuild.finished();
      say(
        what.kind === "rebuild-experiments"
          ? { ...answered, value: ledger.rebuilding.countPeople() }
          : answered,
      );
    } catch (error) {
      say({ kind: "answer", call, error: messageOf(error) });
    }
  };

  port.on("message", (message: ToWriter) => {
    if (message.kind === "append") append(message);
    if (message.kind === "configure") {
      attempt(() => configure(message.settings));
      rebuild.wake();
    }
    if (message.kind === "call") {
      waiting.push(() => void serve(message));
      if (needsAll(message.what)) serveWaiting();
      else waiting.pop()?.();
    }
    if (message.kind === "close") {
      closing.abort();
      for (const one of waiting.splice(0)) one();
      clearInterval(pruning);
      if (following) clearTimeout(following);
      attempt(() => ledger.close());
      setImmediate(() => port.close()); // behind the answers that the end gives to who still waits
    }
  });
  if (ledger.pending() > 0) follow();
  rebuild.wake();
  say({ kind: "ready" });
};

const maxPendingRows = 100_000;

const cannotFollow = (isReading: boolean): FromWriter => {
  const reason = isReading ? "sealed events are being read" : "the disk refuses";
  return { kind: "refused", reason: `the projections cannot follow, ${reason}`, disk: !isReading };
};

/** Calls that change what projections made of events; others have their answer at once. */
const needsAll = (what: WriterCall): boolean => {
  if (what.kind === "segments")
    return what.what.kind === "erase" || what.what.kind === "prune" || what.what.kind === "sealed";
  return what.kind === "rebuild-experiments" || what.kind === "remove-demo";
};

const appendBatch = (ledger: Ledger, batch: Batch): FromWriter => {
  try {
    return { kind: "appended", doubles: ledger.append(batch) };
  } catch (error) {
    return { kind: "refused", reason: messageOf(error), disk: isDiskTrouble(error) };
  }
};

const rebuilds = ({ kind }: WriterCall): boolean => kind === "rebuild-experiments" || kind === "remove-demo";

const answer = (ledger: Ledger, call: number, what: WriterCall): Answer => {
  try {
    return { kind: "answer", call, value: perform(ledger, what) };
  } catch (error) {
    return { kind: "answer", call, error: messageOf(error) };
  }
};

const perform = (ledger: Ledger, what: WriterCall): unknown => {
  switch (what.kind) {
    case "rebuild-experiments":
      return ledger.rebuilding.start();
    case "remove-demo":
      return ledger.removeDemo();
    case "segments":
      return ledger.segments(what.what);
    case "create-token":
      return ledger.createToken(what.token, what.given);
    case "keep-sink-places":
      return ledger.keepSinkPlaces(what.places);
    case "keep-day-counts":
      return ledger.keepDayCounts(what.day, what.counts, what.limit);
    case "list-tokens":
      return ledger.listTokens();
    case "revoke-token":
      return ledger.revokeToken(what.name);
  }
};

const attempt = (work: () => void): void => {
  try {
    work();
  } catch {
    // It can wait: a full disk shows itself at the next append, with its reason. Results that could not be worked out
    // again under changed settings are at the next start.
  }
};

/** SQLite does not say which disk, nor what to do. */
const messageOf = (error: unknown): string => {
  if (codeOf(error) === "SQLITE_FULL") return "the disk of the data folder is full: make room on it";
  return error instanceof Error ? error.message : String(error);
};
