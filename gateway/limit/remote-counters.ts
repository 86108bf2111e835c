/** Counting by another process: a worker asks the owner of the data folder, once a turn of its event loop. */
import { type Counters, freePass, type Rule, type Standing } from "./counters.ts";

export interface CountAsked {
  readonly no: number;
  readonly rule: Rule;
  readonly key: string;
  /** counts one less instead, and nobody waits for it */
  readonly back?: true;
}

export interface CountAnswer extends Standing {
  readonly no: number;
}

export interface RemoteCounters extends Counters {
  settle(answers: readonly CountAnswer[]): void;
}

/** Past this many unanswered ones, or after this time, requests pass uncounted: the owner has another trouble then. */
const mostWaiting = 20_000;
const answerMs = 3000;
const sweepMs = 500;

export const createRemoteCounters = (post: (asked: readonly CountAsked[]) => void): RemoteCounters => {
  const waiting = new Map<number, { readonly settle: (standing: Standing) => void; readonly at: number }>();
  let asked: CountAsked[] = [];
  let no = 0;

  const send = (): void => {
    post(asked);
    asked = [];
  };

  const settle = (answer: CountAnswer): void => {
    waiting.get(answer.no)?.settle(answer);
    waiting.delete(answer.no);
  };

  const letOldPass = (): void => {
    const latest = performance.now() - answerMs;
    for (const [number, { at, settle: pass }] of waiting) {
      if (at > latest) return; // in order of time, as a Map keeps it
      pass({ isOver: false, left: 0, resetMs: 0 });
      waiting.delete(number);
    }
  };
  const timer = setInterval(letOldPass, sweepMs).unref();

  const ask = (one: CountAsked): void => {
    if (asked.length === 0) setImmediate(send);
    asked.push(one);
  };

  return {
    takeBack: (rule, key) => ask({ no: ++no, rule, key, back: true }),
    count(rule, key) {
      if (waiting.size >= mostWaiting) return Promise.resolve(freePass(rule));
      ask({ no: ++no, rule, key });
      return new Promise((resolve) => waiting.set(no, { settle: resolve, at: performance.now() }));
    },
    settle: (answers) => answers.forEach(settle),
    async close() {
      clearInterval(timer);
    },
  };
};

/** The owner's side: counts what a worker asks, and answers when all of it is counted. */
export const countAll = (counters: Counters, asked: readonly CountAsked[]): Promise<readonly CountAnswer[]> =>
  Promise.all(
    asked.flatMap(({ no, rule, key, back }) => {
      if (!back) return [counters.count(rule, key).then((standing) => ({ no, ...standing }))];
      counters.takeBack(rule, key);
      return [];
    }),
  );
