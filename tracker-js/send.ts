import type { Store } from "./core-api.ts";
import { safe } from "./lib/safe.ts";
import { batchOf, maxWaiting } from "./queue.ts";

/** Sends a body; resolves to the ms to wait at least before another try, -1 when it is done with. */
export type Post = (body: string) => Promise<number>;

export type Sender = readonly [
  /** Takes an event whose first member is its id. */
  add: (event: object) => void,
  /** Sends what waits, in order; resolves when it was taken, or when it has to wait for another try. */
  flush: () => Promise<void>,
  /**
   * The page may not come back: what waits is kept until it is acknowledged, and sent now, as much as may travel
   * without it. What this page does not see acknowledged goes once more with the next one, under the same ids.
   */
  leave: () => void,
];

/**
 * Sends events until they are taken, beginning with what earlier pages left behind; how many were lost, the next
 * event says.
 */
export const createSender = (post: Post, store: Store): Sender => {
  let [waiting = [], dropped = 0] = store([]) ?? [];
  // 0: nothing is under way, 1: something is, more: it had to be tried again
  let tries = 0;

  const flush = async (): Promise<void> => {
    while (waiting[0]) {
      const batch = batchOf(waiting);
      // 0: the network failed
      const waitMs = await post(`{"sent":${Date.now()},"events":[${batch}]}`).catch(() => 0);
      if (waitMs >= 0) {
        store(waiting, waiting);
        // And 1 s, 2 s, 4 s … 5 min, spread so that a crowd of pages does not come back at once.
        return void setTimeout(flush, waitMs + Math.min(500 * 2 ** tries++, 300_000) * (0.5 + Math.random()));
      }
      // Not by their number: who cannot wait for what is on its way sends it once more.
      store(batch);
      waiting = waiting.filter((text) => !batch.includes(text));
    }
    tries = 0;
  };

  return [
    safe((event) => {
      const text = JSON.stringify(dropped ? { ...event, dropped } : event);
      if (`${waiting}`[maxWaiting]) dropped++;
      else {
        waiting = [...waiting, text];
        dropped = 0;
        // While a failed try backs off, new events wait with the old ones.
        if (!tries) {
          tries = 1;
          setTimeout(flush, 0);
        }
      }
    }),
    flush,
    () => {
      store(waiting, waiting);
      // Once, and not what was just refused.
      if (tries < 2) {
        tries = 2;
        void flush();
      }
    },
  ];
};
