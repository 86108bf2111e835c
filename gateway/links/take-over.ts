/**
 * The room of links between an owner's sites. Here a visitor arrives from another of them: the mark is taken out of the
 * address by a redirect that nobody may keep, and makes the browser that visitor, if it is nobody yet.
 */
import type { Exchange, Layer } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Visitor } from "../model/visitor.ts";
import type { HandoverMarks } from "./handover-mark.ts";
import { type Arrival, refuseHandover } from "./judge-handover.ts";
import type { OneUse } from "./one-use.ts";

/** The parameter that carries a mark. */
export const handoverParam = "tp_h";

export interface TakeOverOptions {
  readonly marks: HandoverMarks;
  readonly used: OneUse;
  readonly resolve: (x: Exchange) => Visitor;
  /** `Set-Cookie` of a visitor's id */
  readonly issue: (x: Exchange, visitorId: string) => string;
  readonly isBot: (userAgent: string | undefined) => boolean;
  readonly now: () => number;
}

export const takeOver =
  (options: TakeOverOptions): Layer =>
  (next) =>
  (x) => {
    const { method } = x.req;
    if (!x.query.includes(`${handoverParam}=`) || (method !== "GET" && method !== "HEAD")) return next(x);
    const [rest, mark] = splitQuery(x.query);
    if (mark === null) return next(x);
    // Loaded ahead: nobody looks at it yet. Refused, it is asked for again when somebody does.
    if (/prefetch/.test(`${x.req.headers["sec-purpose"]} ${x.req.headers["purpose"]}`)) {
      throw new HttpError(503, "a visitor who comes from another site is not loaded ahead", {
        headers: { "cache-control": "no-store" },
      });
    }
    const visitorId = arrived(x, mark, options);
    // The whole address: what begins with two slashes would lead to another host.
    const place = `${x.secure ? "https" : "http"}://${x.req.headers.host ?? x.host}${x.path}${rest && `?${rest}`}`;
    x.res.writeHead(302, [
      "location",
      place,
      "cache-control",
      "no-store",
      "content-length",
      "0",
      ...(visitorId === null ? [] : ["set-cookie", options.issue(x, visitorId)]),
    ]);
    x.res.end();
  };

/** The query without marks, and the first of them. */
const splitQuery = (query: string): readonly [rest: string, mark: string | null] => {
  const parts = query.split("&");
  const isMark = (part: string): boolean => part.startsWith(`${handoverParam}=`);
  const mark = parts.find(isMark)?.slice(handoverParam.length + 1) ?? null;
  return [parts.filter((part) => !isMark(part)).join("&"), mark];
};

const arrived = (x: Exchange, text: string, options: TakeOverOptions): string | null => {
  const mark = options.marks.open(x.site, text);
  if (!mark || refuseHandover(mark, arrivalOf(x, options), options.now()) !== null) return null;
  return options.used.take(mark.name) ? mark.visitorId : null;
};

const arrivalOf = (x: Exchange, { resolve, isBot }: TakeOverOptions): Arrival => {
  const { headers, method } = x.req;
  const { id, privacy } = resolve(x);
  return {
    host: x.host,
    method,
    referrer: headers.referer,
    dest: headers["sec-fetch-dest"],
    mode: headers["sec-fetch-mode"],
    isBot: isBot(headers["user-agent"]),
    hasVisitor: id !== null,
    mayHaveVisitor: privacy.tracking === "full" && !x.site.cookieless,
    linkDomains: x.site.linkDomains ?? [],
  };
};
