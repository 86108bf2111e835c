import { batchBody, batchOf, bound, maxWaiting, without } from "./queue.ts";
import type { Store } from "./store.ts";

/** How a body leaves the page. */
export interface Transport {
  /** Resolves to nothing when the batch is done with, else to the ms to wait at least before another try. */
  post(body: string): Promise<number | undefined>;
  /** Sends without waiting, from a document that goes away. */
  leave(body: string): void;
}

export interface Sender {
  add(text: string): void;
  /** Sends what waits; resolves when it was taken, or when it has to wait for another try. */
  flush(): Promise<void>;
  /** The page may not come back: what waits is sent now and kept until it is acknowledged. */
  hide(): void;
  /** The document goes. What is not acknowledged goes once more with the next page, under the same ids. */
  leave(): void;
  /** The document came back from the browser's back/forward cache. */
  resume(): void;
}

/** Sends one batch at a time, in order. What earlier pages left behind goes with the first event. */
export const createSender = (site: string | undefined, transport: Transport, store: Store | null): Sender => {
  let waiting: readonly string[] = [];
  let sending: readonly string[] = [];
  let running: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let started = false;
  let gone = false;

  const body = (texts: readonly string[]) => batchBody(texts, site, Date.now());
  // One timer: while a failed try backs off, new events wait with the old ones.
  const wake = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void flush();
    }, ms);
  };
  const flush = (): Promise<void> => {
    running ??= sendAll().finally(() => {
      running = undefined;
    });
    return running;
  };
  const sendAll = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && !gone) {
      const batch = batchOf(waiting);
      sending = batch;
      const waitMs = await transport.post(body(batch)).catch(() => 0); // 0: the network failed
      sending = [];
      if (waitMs !== undefined) {
        store?.add(waiting);
        wake(Math.max(waitMs, backOffMs(failures++, Math.random())));
        return;
      }
      failures = 0;
      waiting = without(waiting, batch);
      store?.remove(batch);
    }
  };

  return {
    add(text) {
      if (!started && store) waiting = store.load();
      started = true;
      waiting = bound([...waiting, text], maxWaiting);
      wake(0);
    },
    flush,
    hide() {
      if (gone) return;
      store?.add(waiting);
      void flush();
    },
    leave() {
      gone = true;
      store?.add(waiting);
      let rest = without(waiting, sending);
      while (rest.length > 0) {
        const batch = batchOf(rest);
        transport.leave(body(batch));
        rest = rest.slice(batch.length);
      }
    },
    resume() {
      gone = false;
      if (waiting.length > 0) wake(0);
    },
  };
};

/** 1 s, 2 s, 4 s … 5 min, spread so that a crowd of pages does not come back at once. */
export const backOffMs = (failures: number, random: number): number =>
  Math.min(1000 * 2 ** failures, 300_000) * (0.5 + random);
