/** Which page loads were seen by the gateway, which served the document, and which by the script in it. */

/** What was seen of one page load: a sum of the marks below. */
export type Seen = number;
/** the document left for a visitor who may be counted */
export const servedMark = 1;
/** the script reported its page view */
export const viewedMark = 2;
/** the document left for somebody who may not be counted, or was not asked yet: the script is silent on purpose */
export const silentMark = 4;

/** How the sums of a site's day change. */
export interface PageLoadChange {
  readonly both: number;
  /** documents without a page view: what a site that relies on the script does not know of */
  readonly documentOnly: number;
  /** page views whose document the gateway did not write */
  readonly viewOnly: number;
  /** page views that belong to no page load: routes of an open page, pages that others serve */
  readonly otherViews: number;
}

export interface PageLoadTable {
  /** 0 for a page load that is not known */
  seen(site: string, id: string): Seen;
  put(site: string, id: string, seen: Seen): void;
  /** `day` is YYYY-MM-DD, UTC. */
  change(site: string, day: string, change: PageLoadChange): void;
}
