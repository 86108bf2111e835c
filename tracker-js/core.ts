/** The same delivery without a page: for apps and programs that keep the visitor's id themselves. */
import type { CreateTracker } from "./core-api.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { createSender, type Post } from "./send.ts";

export const createTracker: CreateTracker = (options) => {
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
