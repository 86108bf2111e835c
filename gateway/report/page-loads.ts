import type { PageLoadsOfDay } from "../model/admin.ts";
import type { EventStore } from "../model/event-store.ts";
import { type Reach, reaches } from "../model/token.ts";

const dayMs = 86_400_000;

export interface PageLoadQuestion {
  readonly now: number;
  /** days back, today among them */
  readonly days: number;
  /** a document younger than that is not missed yet */
  readonly settleMs: number;
}

/**
 * By day (UTC) and site, oldest first: page loads that the gateway and the script both saw, and those that only one of
 * them did.
 */
export const readPageLoads = async (
  store: Pick<EventStore, "report">,
  reach: Reach,
  { now, days, settleMs }: PageLoadQuestion,
): Promise<readonly PageLoadsOfDay[]> => {
  const midnight = Math.floor(now / dayMs) * dayMs;
  const rows = await store.report("page-loads", {
    youngest: hexTime(now - settleMs),
    midnight: hexTime(midnight),
    today: dayOf(midnight),
    yesterday: dayOf(midnight - dayMs),
    since: dayOf(midnight - (days - 1) * dayMs),
  });
  return rows
    .map((row) => ({
      site: String(row["site"]),
      day: String(row["day"]),
      both: Number(row["both"]),
      documentOnly: Number(row["document_only"]),
      viewOnly: Number(row["view_only"]),
      otherViews: Number(row["other_views"]),
    }))
    .filter(({ site }) => reaches(reach, site));
};

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** The beginning of every UUIDv7 of that moment. */
const hexTime = (ms: number): string => Math.max(0, Math.trunc(ms)).toString(16).padStart(12, "0");
