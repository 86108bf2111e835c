/** Joins daily quotas with the store, so that their counts survive a restart. */
import type { DayCount, DayStore } from "./limit/day-counts.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

export const quotaStoreOf = (store: Pick<SqliteStore, "reader" | "call">): DayStore => ({
  load: (day, limit) => store.reader.report("day-counts", { day, limit }) as unknown as readonly DayCount[], // the report's columns
  async save(day, counts, limit) {
    await store.call({ kind: "keep-day-counts", day, counts, limit });
  },
});
