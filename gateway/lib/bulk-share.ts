/**
 * What large transfers may take of a process that answers small requests beside them. A thousand clients that take a file each
 * have a thousand pieces ready in every turn of the event loop: whoever asks for a page would wait for all of them, and
 * new connections too, of which Node accepts one a turn.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

export interface BulkShare {
  /** Runs what fetches a piece, and gives the piece when it is its turn to be sent. Both wait in line. */
  fetch<T>(piece: () => Promise<T>): Promise<T>;
  /** Whoever has sent a piece that came by itself waits in line before the next one, with `fetch`. */
  isSpent(): boolean;
}

export interface BulkShareOptions {
  /** pieces that are fetched or wait for their turn */
  readonly atOnce: number;
  /** of one turn of the event loop; one piece goes in any case */
  readonly budgetMs: number;
  /** ms */
  readonly now: () => number;
}

export const createBulkShare = ({ atOnce, budgetMs, now }: BulkShareOptions): BulkShare => {
  const line: (() => void)[] = [];
  let running = 0;
  /** when the first piece of this turn went; null before it */
  let since: number | null = null;

  const enter = async (): Promise<void> => {
    if (running < atOnce) running++;
    else await new Promise<void>((resolve) => line.push(resolve));
  };
  // The place goes to who waits longest, and is free only if nobody does.
  const leave = (): void => {
    const next = line.shift();
    if (next) next();
    else running--;
  };
  const isOver = (): boolean => since !== null && now() - since >= budgetMs;
  const begin = (): void => {
    if (since !== null) return;
    since = now();
    void nextTurn().then(() => {
      since = null;
    });
  };

  const takeTurn = async (): Promise<void> => {
    while (isOver()) await nextTurn();
    begin();
  };

  return {
    isSpent() {
      begin();
      return isOver();
    },
    async fetch(piece) {
      await enter();
      try {
        const fetched = await piece();
        await takeTurn();
        return fetched;
      } finally {
        leave();
      }
    },
  };
};

/** One for all rooms: they have the same event loop, and the same threads for files. */
export const bulk = createBulkShare({ atOnce: 16, budgetMs: 1, now: () => performance.now() });
