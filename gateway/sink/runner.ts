/**
 * Runs one sink in a thread of its own, and starts another one when that hangs or ends: whatever a sink does, neither
 * requests nor other sinks wait for it. Keeps in mind where the sink stands.
 */
import type { Clock } from "../lib/clock.ts";
import { countOf } from "../lib/count-of.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";

/** Where a sink stands among the events, and what has happened to it. */
export interface Place {
  readonly seq: number;
  readonly receivedAt: number | null;
  readonly failures: number;
  readonly missed: number;
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
}

/** A running thread, as far as it is used here. */
export interface SinkThread {
  tell(message: ToThread): void;
  /** Ends it where it stands; resolves when it has ended. */
  end(): Promise<void>;
}

export interface ThreadEvents {
  told(message: FromThread): void;
  /** it has ended by itself, with this sentence */
  ended(sentence: string): void;
}

export interface RunnerOptions {
  readonly id: string;
  readonly place: Place;
  readonly start: (
    at: { readonly from: number; readonly failures: number },
    events: ThreadEvents,
  ) => SinkThread;
  readonly clock: Clock;
  /** a write that has not ended by itself so long after its start is ended with its thread */
  readonly hangMs: number;
  readonly delayAfter: (failures: number) => number;
  /** the place has changed and is to be kept */
  readonly onPlace: (place: Place) => void;
  readonly onTrouble: (sentence: string) => void;
  readonly onRecovered: () => void;
}

export interface Runner {
  place(): Place;
  /** events handed out since the start */
  handedOut(): number;
  /** the last thing it did has failed */
  isFailing(): boolean;
  /** Resolves when the sink is made, or cannot be: with the sentence. */
  readonly made: Promise<string | null>;
  /** Lets the batch that runs end within the time, then cuts it; resolves when nothing of the sink runs. */
  stop(graceMs: number): Promise<void>;
}

/** So long a cut write may take to end before the thread is ended. */
const cutMs = 500;
/** So long a thread that was ended may hold up a stop: a disk that hangs holds it for ever. */
const endMs = 2000;
/** So long a plugin may take to make its sink. */
export const makeMs = 30_000;

export const startRunner = (options: RunnerOptions): Runner => {
  const { clock, onPlace } = options;
  let place = options.place;
  let handedOut = 0;
  let inARow = 0;
  let thread: SinkThread | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let settle: (sentence: string | null) => void = () => {};
  const made = new Promise<string | null>((resolve) => {
    settle = resolve;
  });
  let onEnded: () => void = () => {};
  let ending: Promise<void> | undefined;

  const setTimer = (ms: number, work: () => void): void => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(work, ms);
    timer.unref();
  };
  const clearTimer = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
  };

  const fail = (sentence: string): void => {
    const isNew = inARow === 0 || place.lastError !== sentence;
    inARow++;
    place = { ...place, failures: place.failures + 1, lastError: sentence, lastErrorAt: clock() };
    onPlace(place);
    if (isNew) options.onTrouble(sentence);
  };

  const moved = (message: Extract<FromThread, { kind: "moved" }>): void => {
    handedOut += message.events;
    if (inARow > 0) options.onRecovered();
    inARow = 0;
    const { seq, receivedAt, missed } = message;
    place = { ...place, seq, receivedAt: receivedAt ?? place.receivedAt, missed: place.missed + missed };
    onPlace(place);
    if (missed > 0) {
      options.onTrouble(
        `pruned or erased before it could take them: ${countOf(missed, "event")}, up to #${seq}`,
      );
    }
  };

  /** The thread is of no use any more: another one is started, later. */
  const replace = async (sentence: string): Promise<void> => {
    clearTimer();
    const old = thread;
    thread = null;
    fail(sentence);
    settle(sentence);
    ending = old?.end();
    await ending;
    if (!stopped) setTimer(options.delayAfter(inARow), launch);
  };

  const told = (message: FromThread): void => {
    clearTimer();
    if (message.kind === "ready") settle(null);
    if (message.kind === "unusable") void replace(message.sentence);
    if (message.kind === "moved") moved(message);
    if (message.kind === "failed") fail(message.sentence);
    if (message.kind !== "writing" || stopped) return;
    setTimer(options.hangMs, () => void replace(`a write did not end within ${options.hangMs / 1000} s`));
  };

  const launch = (): void => {
    const own = options.start(
      { from: place.seq, failures: inARow },
      {
        told: (message) => {
          if (thread === own) told(message);
        },
        ended: (sentence) => {
          if (thread !== own) return;
          onEnded();
          if (!stopped) void replace(sentence);
        },
      },
    );
    thread = own;
    setTimer(makeMs, () => void replace(`it was not made within ${makeMs / 1000} s`));
  };
  launch();

  return {
    place: () => place,
    handedOut: () => handedOut,
    isFailing: () => inARow > 0,
    made,
    async stop(graceMs) {
      stopped = true;
      clearTimer();
      const running = thread;
      if (!running) return atMost(endMs, ending);
      const ended = new Promise<void>((resolve) => {
        onEnded = resolve;
      });
      running.tell({ kind: "stop" });
      const cut = setTimeout(() => running.tell({ kind: "cut" }), graceMs);
      await atMost(graceMs + cutMs, ended);
      clearTimeout(cut);
      thread = null;
      await atMost(endMs, running.end());
    },
  };
};

/** Resolves with the work, or when the time is up. */
const atMost = async (ms: number, work: Promise<unknown> | undefined): Promise<void> => {
  let timer: NodeJS.Timeout | null = null;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]);
  if (timer) clearTimeout(timer);
};
