import type { Totals } from "../model/admin.ts";
import type { EventStore, Row } from "../model/event-store.ts";
import { type Reach, reaches } from "../model/token.ts";

/** Running counts of all that is stored of some sites. */
export type Counters = Readonly<Record<string, number>>;

export const readCounters = async (store: Pick<EventStore, "report">, reach: Reach): Promise<Counters> => {
  const rows = Map.groupBy(within(reach, await store.report("counters", {})), (row) =>
    String(row["counter"]),
  );
  return Object.fromEntries([...rows].map(([counter, theirs]) => [counter, sum(theirs)]));
};

export const readTotals = async (
  store: Pick<EventStore, "report">,
  reach: Reach,
  counters: Counters,
): Promise<Totals> => {
  return {
    events: counters["events"] ?? 0,
    visitors: counters["visitors"] ?? 0,
    sessions: counters["sessions"] ?? 0,
    bots: counters["bots"] ?? 0,
    requests: counters["requests"] ?? 0,
    rejects: counters["rejects"] ?? 0,
    demoVisitors: sum(within(reach, await store.report("demo-visitors", {}))),
  };
};

const within = (reach: Reach, rows: readonly Row[]): readonly Row[] =>
  rows.filter((row) => reaches(reach, String(row["site"])));

const sum = (rows: readonly Row[]): number => rows.reduce((total, row) => total + Number(row["n"]), 0);
