/**
 * The room of the served document: what the gateway adds to a page that passes through it. It gives the visitor an
 * id and the variants in force, puts them and the script into the HTML before its first byte leaves, and records the
 * exposure and the document itself.
 */
import { createHash } from "node:crypto";
import type { BodyPass, Exchange, Layer, ResponseHead } from "../http/exchange.ts";
import { requestHeader } from "../http/exchange.ts";
import { createCache } from "../lib/cache.ts";
import type { Keyed } from "../model/event.ts";
import type { Assignment } from "../model/experiment.ts";
import { newId } from "../model/ids.ts";
import type { Site } from "../model/site.ts";
import type { Visitor } from "../model/visitor.ts";
import type { NamesInForce } from "./cookie-names.ts";
import { documentCookies } from "./document-cookies.ts";
import { documentEvent, type EventMaker, exposureEvent } from "./gateway-events.ts";
import { many, one } from "./header-values.ts";
import { scriptTag } from "./script-tag.ts";
import { createSplice } from "./splice.ts";
import { type Pair, variantsHeader } from "./variants-header.ts";
import type { Visitors } from "./visitor.ts";

export interface DocumentOptions {
  readonly visitors: Visitors;
  readonly names: NamesInForce;
  readonly assign: (site: Site, visitorId: string, path: string) => readonly Assignment[];
  readonly formatXid: (assignments: readonly Assignment[]) => string;
  /** class of an automated client by its user agent, null for people */
  readonly botClass: (userAgent: string | undefined) => string | null;
  readonly make: EventMaker;
  /** Resolves on commit. */
  readonly append: (events: readonly Keyed[]) => Promise<void>;
  readonly scriptPath: string;
  readonly collectPath: string;
  readonly missed: Missed;
}

/** What did not go as promised since the start. */
export interface Missed {
  /** exposures for which the page did not wait any longer; they were written after its first byte */
  exposuresLate: number;
  /** exposures that the store could not take */
  exposuresLost: number;
  /** events of tracked requests for which there was no room */
  requestsDropped: number;
}

/** The first body byte waits this long for the exposure's commit, ms. */
const exposureWaitMs = 50;

export const document = (options: DocumentOptions): Layer => {
  const committed = createCache<string, true>(50_000);
  return (next) => (x) => {
    if (!mayBeDocument(x)) return next(x);
    const visit = meet(x, options);
    ownConditionals(x, visit);
    x.responsePasses.push((head) => passDocument(head, x, visit, options, committed));
    return next(x);
  };
};

interface Visit {
  readonly visitor: Visitor;
  readonly assignments: readonly Assignment[];
  readonly ifNoneMatch: string | undefined;
  readonly bot: string | null;
  readonly prefetch: boolean;
}

const meet = (x: Exchange, options: DocumentOptions): Visit => {
  const bot = options.botClass(x.req.headers["user-agent"]);
  const visitor = options.visitors.resolve(x, bot === null); // an automated client would get another at every request
  const assignments =
    visitor.id && !bot && !x.site.cookieless ? options.assign(x.site, visitor.id, x.path) : [];
  const purpose = x.req.headers["sec-purpose"] ?? x.req.headers["purpose"] ?? "";
  return {
    visitor,
    assignments,
    ifNoneMatch: requestHeader(x, "if-none-match"),
    bot,
    prefetch: String(purpose).includes("prefetch"),
  };
};

/**
 * The answer will be ours (id, variant, script in it), so its validators and ranges are ours too: the handler must
 * give the whole document, uncompressed. A range of such a document is answered with all of it (RFC 9110 §14.2).
 */
const ownConditionals = (x: Exchange, visit: Visit): void => {
  for (const name of [
    "if-none-match",
    "if-modified-since",
    "if-range",
    "if-match",
    "if-unmodified-since",
    "range",
  ]) {
    x.requestEdits.set(name, null);
  }
  x.requestEdits.set("accept-encoding", "identity");
  const told = visit.assignments.map((a): Pair => [a.experiment, a.variant]);
  x.requestEdits.set("x-experiment", told.length === 0 ? null : variantsHeader(told));
};

const passDocument = async (
  head: ResponseHead,
  x: Exchange,
  visit: Visit,
  options: DocumentOptions,
  committed: { get(key: string): true | undefined; set(key: string, value: true): void },
): Promise<BodyPass | undefined> => {
  options.names.notice(x.site, many(head.headers.get("set-cookie")));
  if (!isHtml(head) || isRedirect(head.status) || isShared(head)) return undefined;

  const pageLoadId = newId();
  const spliced = !head.headers.has("content-encoding");
  const cookies = documentCookies(x, visit, options);
  if (cookies.length > 0)
    head.headers.set("set-cookie", [...many(head.headers.get("set-cookie")), ...cookies]);
  if (!/\bno-store\b/i.test(many(head.headers.get("cache-control")).join(",")))
    head.headers.set("cache-control", "private, no-cache");
  head.headers.set("vary", addToken(head.headers.get("vary"), "Cookie"));
  head.headers.delete("accept-ranges");
  head.headers.delete("last-modified");
  const mustAsk = visit.visitor.privacy.reason === "consent";
  const isXml = /^application\/xhtml/i.test(typeOf(head));
  const tagOf = (id: string, origin?: string) => {
    const tag = scriptTag(head, x.site, id, mustAsk, options, origin);
    return isXml ? tag.replace(/ (async|data-cookieless)(?=[ >])/g, ' $1=""') : tag; // XML wants values
  };
  const cached = validate(head, x, visit, pageLoadId, tagOf(""), spliced);

  await record(head, x, visit, cached ?? pageLoadId, options, committed);
  if (!spliced || head.status === 304) return undefined;
  const origin = `${x.secure ? "https" : "http"}://${x.req.headers.host ?? x.host}`;
  return createSplice({
    attributes: attributesOf(visit.assignments),
    head: tagOf(pageLoadId),
    headWithBase: tagOf(pageLoadId, origin),
    isXml,
  });
};

/**
 * Our ETag: the document as the handler gave it, the variants, the script's tag, and the page-load id that the copy
 * carries. A browser that holds the same document with the same of these gets a 304, and its view counts under the
 * copy's id. The tag matters: a copy that still says `data-consent`, or the nonce of an older policy, reports nothing.
 */
const validate = (
  head: ResponseHead,
  x: Exchange,
  visit: Visit,
  pageLoadId: string,
  tag: string,
  spliced: boolean,
): string | null => {
  const source = one(head.headers.get("etag"));
  if (!source || !spliced || head.status !== 200) {
    head.headers.delete("etag");
    return null;
  }
  const attributes = attributesOf(visit.assignments);
  const hash = createHash("sha256")
    .update(`${source}\0${attributes}\0${tag}`)
    .digest("base64url")
    .slice(0, 22);
  const held = (visit.ifNoneMatch ?? "").match(new RegExp(`"${hash}\\.([0-9a-f-]{36})"`))?.[1];
  if (held && (x.req.method === "GET" || x.req.method === "HEAD")) {
    head.status = 304;
    head.headers.delete("content-length");
    head.headers.set("etag", `"${hash}.${held}"`);
    return held;
  }
  head.headers.set("etag", `"${hash}.${pageLoadId}"`);
  return null;
};

/** Writes the document and the exposures; an exposure that is new to the store is waited for. */
const record = async (
  head: ResponseHead,
  x: Exchange,
  visit: Visit,
  pageLoadId: string,
  options: DocumentOptions,
  committed: { get(key: string): true | undefined; set(key: string, value: true): void },
): Promise<void> => {
  if (x.req.method !== "GET" || visit.prefetch) return;
  const served = (head.status >= 200 && head.status < 300) || head.status === 304;
  const context = {
    x,
    visitor: visit.visitor,
    pageLoadId,
    status: head.status,
    experiments: variantsOf(visit),
  };
  const exposures = served && visit.visitor.id ? visit.assignments : [];
  const events = [
    documentEvent(options.make, context),
    ...exposures.map((assignment) => exposureEvent(options.make, context, assignment)),
  ];
  const keys = exposures.map((a) => `${x.site.id} ${visit.visitor.id} ${a.experiment} ${a.variant}`);
  const isNew = keys.some((key) => !committed.get(key));
  const written = options.append(events).then(
    () => {
      for (const key of keys) committed.set(key, true);
    },
    () => {
      // The store has said why, and refuses collect meanwhile; the page is served all the same.
      options.missed.exposuresLost += exposures.length;
    },
  );
  if (isNew && !(await within(exposureWaitMs, written))) options.missed.exposuresLate += exposures.length;
};

/** False where it took longer. */
const within = (ms: number, work: Promise<void>): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void work.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });

const variantsOf = (visit: Visit): Readonly<Record<string, string>> | null =>
  visit.assignments.length === 0
    ? null
    : Object.fromEntries(visit.assignments.map((a) => [a.experiment, a.variant]));

const attributesOf = (assignments: readonly Assignment[]): string =>
  assignments.map((a) => ` data-x-${a.experiment.toLowerCase()}="${a.variant}"`).join("");

/** GET or HEAD of something a person may look at as a page; what it is, only the answer's type says. */
const mayBeDocument = (x: Exchange): boolean => {
  if (x.req.method !== "GET" && x.req.method !== "HEAD") return false;
  const { "sec-fetch-dest": dest, "sec-fetch-mode": mode } = x.req.headers;
  // A service worker that passes a navigation on (`fetch(event.request)`) asks for a page under `empty`.
  if (dest === "empty" && mode === "navigate") return true;
  if (dest !== undefined) return dest === "document" || dest === "iframe" || dest === "frame";
  if (/\.(?!x?html?$)[a-z0-9]{2,5}$/i.test(x.path)) return false;
  const accept = x.req.headers.accept;
  return accept === undefined || accept.includes("text/html") || accept.includes("*/*");
};

const isHtml = (head: ResponseHead): boolean => {
  const type = typeOf(head);
  return (
    /^(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(type) && !/charset\s*=\s*"?utf-?(16|32)/i.test(type)
  );
};

const typeOf = (head: ResponseHead): string => one(head.headers.get("content-type")) ?? "";

const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304;

/** What shared caches may keep must be the same for everybody: we change nothing of it. */
const isShared = ({ headers }: ResponseHead): boolean =>
  /\b(public|s-maxage|immutable)\b/i.test(many(headers.get("cache-control")).join(",")) ||
  toCachesAlone.some((name) => mayBeKept(many(headers.get(name)).join(",")));

/** Such caches heed these above `Cache-Control` (RFC 9213; nginx). */
const toCachesAlone = ["cdn-cache-control", "surrogate-control", "x-accel-expires"];

const mayBeKept = (value: string): boolean =>
  /^\s*@?[1-9]|\bmax-age\s*=\s*[1-9]/i.test(value) && !/\b(no-store|no-cache|private)\b/i.test(value);

const addToken = (have: string | readonly string[] | undefined, token: string): string => {
  const list = many(have).join(", ");
  if (list === "") return token;
  return new RegExp(`(^|,\\s*)(${token}|\\*)(\\s*,|$)`, "i").test(list) ? list : `${list}, ${token}`;
};
