/**
 * Follows which page loads both sides saw. The gateway writes a document with a page-load id as it serves it, the script
 * in it sends a page view with the same id; what only one of them knows of is the loss. A pure projection: a page
 * load belongs to the day inside its id, so that neither order nor repeats change the sums.
 */
import type { Event } from "../model/event.ts";
import { uuidTime } from "../model/ids.ts";
import {
  type PageLoadChange,
  type PageLoadTable,
  type Seen,
  servedMark,
  silentMark,
  viewedMark,
} from "../model/page-loads.ts";
import type { Projection } from "../model/projection.ts";

const dayMs = 86_400_000;
/** What comes later finds its page load forgotten, and is left out: it would count as another one. */
export const pageLoadDays = 7;

export const createPageLoadProjection = (table: PageLoadTable): Projection => {
  const days = createDaySums();
  return {
    id: "page-loads",
    apply({ event }) {
      const mark = markOf(event);
      if (mark === 0) return;
      const site = event.property_id;
      const loadedAt = event.page_load_id ? uuidTime(event.page_load_id) : null;
      if (!event.page_load_id || loadedAt === null) {
        if (mark === viewedMark) days.of(site, event.timestamp_utc).otherViews++;
        return;
      }
      const age = event.received_at - loadedAt;
      if (age > pageLoadDays * dayMs || age < -dayMs) return; // an id may be made up
      const before = table.seen(site, event.page_load_id);
      const after = before | mark;
      if (after === before) return;
      table.put(site, event.page_load_id, after);
      addDifference(days.of(site, loadedAt), sumsOf(before), sumsOf(after));
    },
    flush() {
      for (const { site, day, ...change } of days.take())
        if (changes(change)) table.change(site, day, change);
    },
    forget() {
      days.take();
    },
  };
};

interface DaySums extends Mutable<PageLoadChange> {
  readonly site: string;
  readonly day: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** How sums have changed since they were last taken: nearly every event changes those of one day. */
const createDaySums = () => {
  let sums = new Map<string, DaySums>();
  let latest: DaySums | null = null;
  let latestDay = 0;
  return {
    of(site: string, ms: number): DaySums {
      const dayNo = Math.floor(ms / dayMs);
      if (latest !== null && dayNo === latestDay && latest.site === site) return latest;
      const key = `${dayNo} ${site}`;
      const found = sums.get(key) ?? { site, day: dayOf(ms), ...none };
      sums.set(key, found);
      latest = found;
      latestDay = dayNo;
      return found;
    },
    take(): Iterable<DaySums> {
      const taken = sums.values();
      sums = new Map();
      latest = null;
      return taken;
    },
  };
};

/** Automated clients run no script, or one that is not a person's; made-up visitors would make up the figure. */
const markOf = (event: Event): Seen => {
  if (event.bot || event.traffic_filter_name === "demo") return 0;
  if (event.type === "page" && event.tracking_protocol === "native") return viewedMark;
  if (event.type !== "log" || event.tracking_protocol !== "gateway" || event.name !== "document") return 0;
  return event.client_id ? servedMark : silentMark;
};

const none: PageLoadChange = { both: 0, documentOnly: 0, viewOnly: 0, otherViews: 0 };

const sumsOf = (seen: Seen): PageLoadChange => {
  const viewed = (seen & viewedMark) !== 0;
  // The script of somebody who was asked and agreed reports a document that left before he had.
  if (viewed && (seen & (servedMark | silentMark)) !== 0) return { ...none, both: 1 };
  if (viewed) return { ...none, viewOnly: 1 };
  return (seen & servedMark) !== 0 ? { ...none, documentOnly: 1 } : none;
};

const addDifference = (sums: DaySums, before: PageLoadChange, after: PageLoadChange): void => {
  sums.both += after.both - before.both;
  sums.documentOnly += after.documentOnly - before.documentOnly;
  sums.viewOnly += after.viewOnly - before.viewOnly;
};

const changes = ({ both, documentOnly, viewOnly, otherViews }: PageLoadChange): boolean =>
  both !== 0 || documentOnly !== 0 || viewOnly !== 0 || otherViews !== 0;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
