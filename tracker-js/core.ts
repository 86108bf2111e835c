/** The same delivery without a page: for apps and programs that keep the visitor's id themselves. */
import type { Fields } from "./api.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { createSender, type Post } from "./send.ts";
import type { Store } from "./store.ts";

export interface TrackerOptions {
  /** the gateway's collect address, e.g. https://t.example/tr/v1/ */
  readonly collect: string;
  /** what every event says, e.g. `vid` and `app` */
  readonly common?: Fields;
  /** where events outlive the program; in memory alone where it is left out */
  readonly store?: Store;
  readonly fetch?: typeof fetch;
}

export interface Tracker {
  record(fields: Fields): void;
  /** Sends what waits; resolves when it was taken, or has to wait for another try. */
  flush(): Promise<void>;
}

/** Keeps what is not acknowledged, and sends it again under the same ids. */
export const createTracker = (options: TrackerOptions): Tracker => {
  const { collect, common = {}, store = () => undefined, fetch: ask = fetch } = options;
  const post: Post = async (body) => {
    const { status, headers } = await ask(collect, { method: "POST", body });
    return status >= 500 || status === 429 ? 1000 * Number(headers.get("retry-after")) || 0 : -1;
  };
  const [add, flush] = createSender(post, store);
  let seq = 0;
  return {
    record: (fields) =>
      add({ eid: uuid7(), ename: "event", created: Date.now(), seq: seq++, ...common, ...fields }),
    flush,
  };
};
