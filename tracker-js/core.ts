/** The same delivery without a page: for apps and programs that keep the visitor's id themselves. */
import type { CreateTracker } from "./core-api.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { createSender } from "./send.ts";

export const createTracker: CreateTracker = (options) => {
  const { collect, common = {}, store = () => undefined, fetch: ask = fetch } = options;
  const [add, flush] = createSender(async (body) => ask(collect, { method: "POST", body }), store);
  let seq = 0;
  return {
    record: (fields) =>
      add({ eid: uuid7(), ename: "event", created: Date.now(), seq: seq++, ...common, ...fields }),
    flush,
  };
};
