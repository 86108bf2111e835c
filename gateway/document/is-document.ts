/** Which requests and answers are about a document: a page that a browser shows to somebody, and that we may change. */
import type { Exchange, ResponseHead } from "../http/exchange.ts";
import { isShared } from "../http/shared-caches.ts";
import { one } from "./header-values.ts";

/** GET or HEAD of something a person may look at as a page; what it is, only the answer's type says. */
export const mayBeDocument = (x: Exchange): boolean => {
  if (x.req.method !== "GET" && x.req.method !== "HEAD") return false;
  const { "sec-fetch-dest": dest, "sec-fetch-mode": mode } = x.req.headers;
  // A service worker that passes a navigation on (`fetch(event.request)`) asks for a page under `empty`.
  if (dest === "empty" && mode === "navigate") return true;
  if (dest !== undefined) return dest === "document" || dest === "iframe" || dest === "frame";
  // Over http no browser says what it asks for (Fetch Metadata §2), and pages are called `index.php` too.
  const accept = x.req.headers.accept;
  if (accept?.includes("text/html")) return true;
  if (/\.(?!x?html?$)[a-z0-9]{2,5}$/i.test(x.path)) return false;
  return accept === undefined || accept.includes("*/*");
};

/** The browser asks before anybody wants to see the page (`X-Moz`: Firefox up to 138). */
export const isAskedAhead = ({ req: { headers } }: Exchange): boolean =>
  [headers["sec-purpose"], headers["purpose"], headers["x-moz"]].some((said) =>
    /\bprefetch\b/i.test(String(said ?? "")),
  );

/** A whole page of HTML for the one who asks. A download is kept, not shown: a script in it has nobody to report. */
export const isDocument = (head: ResponseHead): boolean =>
  isHtml(head) &&
  !isRedirect(head.status) &&
  !isEmptyOrPart.has(head.status) &&
  !/^\s*attachment\b/i.test(one(head.headers.get("content-disposition")) ?? "") &&
  !isShared(head);

export const typeOf = (head: ResponseHead): string => one(head.headers.get("content-type")) ?? "";

const isHtml = (head: ResponseHead): boolean => {
  const type = typeOf(head);
  return (
    /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(type) && !/charset\s*=\s*"?utf-?(16|32)/i.test(type)
  );
};

const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304;

const isEmptyOrPart: ReadonlySet<number> = new Set([204, 205, 206]);
