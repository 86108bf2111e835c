import type { PageLoadTable } from "../model/page-loads.ts";
import type { Db } from "./database.ts";

/** Longer than a page view may be late, so that no page load is counted twice. */
const keptMs = 8 * 86_400_000;

export interface PageLoads extends PageLoadTable {
  /** Forgets page loads that nothing can change any more, at most so many. */
  prune(now: number, limit: number): void;
}

/** Page loads and their daily sums in SQLite. `siteNo` gives a site's small number. */
export const createPageLoadTable = (db: Db, siteNo: (site: string) => number): PageLoads => {
  const find = db.prepare("SELECT seen FROM page_loads WHERE site = ? AND id = ?").pluck();
  const put = db.prepare(
    "INSERT INTO page_loads (site, id, seen) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen",
  );
  const change = db.prepare(`
    INSERT INTO page_load_days (site, day, both, document_only, view_only, other_views)
    VALUES (:site, :day, :both, :documentOnly, :viewOnly, :otherViews)
    ON CONFLICT DO UPDATE SET both = both + excluded.both, document_only = document_only + excluded.document_only,
      view_only = view_only + excluded.view_only, other_views = other_views + excluded.other_views`);
  const prune = db.prepare(
    `DELETE FROM page_loads WHERE (site, id) IN (
       SELECT p.site, p.id FROM sites JOIN page_loads p ON p.site = sites.no WHERE p.id < ? LIMIT ?)`,
  );
  return {
    seen: (site, id) => Number(find.get(siteNo(site), bytesOf(id)) ?? 0),
    put(site, id, seen) {
      put.run(siteNo(site), bytesOf(id), seen);
    },
    change(site, day, sums) {
      change.run({ site, day, ...sums });
    },
    prune(now, limit) {
      prune.run(firstIdAt(now - keptMs), limit);
    },
  };
};

const bytesOf = (id: string): Buffer => Buffer.from(id.replaceAll("-", ""), "hex");

/** What every UUIDv7 of this moment or later is above: they begin with their time. */
const firstIdAt = (ms: number): Buffer => {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(Math.max(0, Math.trunc(ms)), 0, 6);
  return bytes;
};
