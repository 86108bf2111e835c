import type { Totals } from "../model/admin.ts";
import type { EventStore } from "../model/event-store.ts";

/** Running counts of the whole store. */
export type Counters = Readonly<Record<string, number>>;

export const readCounters = async (store: Pick<EventStore, "report">): Promise<Counters> =>
  Object.fromEntries(
    (await store.report("counters", {})).map((row) => [String(row["counter"]), Number(row["n"])]),
  );

export const readTotals = async (store: Pick<EventStore, "report">, counters: Counters): Promise<Totals> => {
  const [demo] = await store.report("demo-visitors", {});
  return {
    events: counters["events"] ?? 0,
    visitors: counters["visitors"] ?? 0,
    sessions: counters["sessions"] ?? 0,
    bots: counters["bots"] ?? 0,
    requests: counters["requests"] ?? 0,
    rejects: counters["rejects"] ?? 0,
    demoVisitors: Number(demo?.["n"] ?? 0),
  };
};
