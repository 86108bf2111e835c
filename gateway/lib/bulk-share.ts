/**
 * What large transfers may take of a process that answers small requests beside them. A thousand clients that take a file each
 * have a thousand pieces ready in every turn of the event loop: whoever asks for a page would wait for all of them, and
 * new connections too, of which Node accepts one a turn.
 */
import { setImmediate as nextTurn } from "node:timers/promises";

export interface BulkShare {
  /** Runs what fetches a piece, and gives the piece when it is its turn to be sent. Both wait in line. */
  fetch<T>(piece: () => Promise<T>): Promise<T>;
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
  const takeTurn = async (): Promise<void> => {
    while (since !== null && now() - since >= budgetMs) await nextTurn();
    if (since !== null) return;
    since = now();
    void nextTurn().then(() => {
      since = null;
    });
  };

  return {
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
