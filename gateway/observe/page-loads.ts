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

export const createPageLoadProjection = (table: PageLoadTable): Projection => ({
  id: "page-loads",
  apply({ event }) {
    const mark = markOf(event);
    if (mark === 0) return;
    const site = event.property_id;
    const loadedAt = event.page_load_id ? uuidTime(event.page_load_id) : null;
    if (!event.page_load_id || loadedAt === null) {
      if (mark === viewedMark) table.change(site, dayOf(event.timestamp_utc), otherView);
      return;
    }
    const age = event.received_at - loadedAt;
    if (age > pageLoadDays * dayMs || age < -dayMs) return; // an id may be made up
    const before = table.seen(site, event.page_load_id);
    const after = before | mark;
    if (after === before) return;
    table.put(site, event.page_load_id, after);
    const change = difference(sumsOf(before), sumsOf(after));
    if (change) table.change(site, dayOf(loadedAt), change);
  },
  flush() {}, // every row is written as it comes
  forget() {},
});

/** Automated clients run no script, or one that is not a person's; made-up visitors would make up the figure. */
const markOf = (event: Event): Seen => {
  if (event.bot || event.traffic_filter_name === "demo") return 0;
  if (event.type === "page" && event.tracking_protocol === "native") return viewedMark;
  if (event.type !== "log" || event.tracking_protocol !== "gateway" || event.name !== "document") return 0;
  return event.client_id ? servedMark : silentMark;
};

const none: PageLoadChange = { both: 0, documentOnly: 0, viewOnly: 0, otherViews: 0 };
const otherView: PageLoadChange = { ...none, otherViews: 1 };

const sumsOf = (seen: Seen): PageLoadChange => {
  const viewed = (seen & viewedMark) !== 0;
  // The script of somebody who was asked and agreed reports a document that left before he had.
  if (viewed && (seen & (servedMark | silentMark)) !== 0) return { ...none, both: 1 };
  if (viewed) return { ...none, viewOnly: 1 };
  return (seen & servedMark) !== 0 ? { ...none, documentOnly: 1 } : none;
};

const difference = (before: PageLoadChange, after: PageLoadChange): PageLoadChange | null => {
  const change = {
    both: after.both - before.both,
    documentOnly: after.documentOnly - before.documentOnly,
    viewOnly: after.viewOnly - before.viewOnly,
    otherViews: 0,
  };
  return change.both === 0 && change.documentOnly === 0 && change.viewOnly === 0 ? null : change;
};

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
