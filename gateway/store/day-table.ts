import type { Db } from "./database.ts";

/** How often somebody asked in a day. */
export interface DayCount {
  /** who, as a hash */
  readonly key: string;
  readonly n: number;
}

/** Writes counts of a day, the highest `limit` of which are kept; those of earlier days go. */
export const keepDayCounts = (db: Db, day: string, counts: readonly DayCount[], limit: number): void => {
  const put = db.prepare(
    "INSERT INTO day_counts (day, key, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = max(n, excluded.n)",
  );
  db.transaction(() => {
    db.prepare("DELETE FROM day_counts WHERE day < ?").run(day);
    for (const { key, n } of counts) put.run(day, key, n);
    const over = Number(db.prepare("SELECT count(*) FROM day_counts").pluck().get()) - limit;
    if (over <= 0) return;
    db.prepare(
      "DELETE FROM day_counts WHERE (day, key) IN (SELECT day, key FROM day_counts ORDER BY n LIMIT ?)",
    ).run(over);
  })();
};
