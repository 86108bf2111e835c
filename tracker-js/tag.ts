/** What the script's own tag says, as its `data-` attributes; one that stands without a value is "". */
export interface TagData {
  /** present on a site that is not fronted: this script keeps the visitor's ids there */
  site?: string;
  /** where events go, from the script's own address */
  collect?: string;
  /** page-load id, joins the served document and its page view */
  pageLoad?: string;
  /** `required`: nothing leaves before the visitor has said yes */
  readonly consent?: string;
  /** `doNotTrack`: that counts as Global Privacy Control does */
  readonly dnt?: string;
  /** nothing is ever stored in the browser */
  readonly cookieless?: string;
  /** a change of the fragment is another page */
  readonly hash?: string;
  /** parameters of addresses that are sent beside those of campaigns, as `page|sort`; `.*` for all */
  readonly params?: string;
  /** names of the gateway's cookies where they are not the usual ones */
  readonly refCookie?: string;
  readonly xidCookie?: string;
  readonly paramsCookie?: string;

  /** set by `tr.stop()` */
  stop?: string;

  // Of track.full.js:
  /** every click on something that can be clicked is an event */
  readonly clicks?: string;
  /** a page that was answered with 404 is an event */
  readonly notFound?: string;
  /** errors of the page are events */
  readonly errors?: string;
  /** web vitals are measured, by a script of their own */
  readonly vitals?: string;
  /** what a file's address ends with, as `pdf|zip` */
  readonly downloads?: string;

  // Of track.legacy.js:
  /** hosts of the owner's other sites, as `b.example|c.example`: visitors are handed over to them */
  readonly linkDomains?: string;
  /** a new visitor goes on under the client id of the cookie `_ga` */
  readonly ga?: string;
}

/** What the page called before this script had loaded, or the script of another tag. */
export const early = window.tr;
// Whatever is wrong here ends the script: the build puts a `try` around all of it. A page with two tags still has
// one visitor and one view: the document has nothing by the name of a function's text, and of nothing no attributes.
export const script = document[(early?.flush || "currentScript") as "currentScript"] as HTMLScriptElement; // this file is never inside an SVG
export const tag = script.dataset as TagData;
