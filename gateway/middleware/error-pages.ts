import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { type ErrorPage, type ErrorPages, errorPage, showErrorPages } from "../http/error-pages.ts";
import type { BodyPass, Exchange, Layer, ResponseHead } from "../http/exchange.ts";
import { requestId } from "../http/request-id.ts";
import type { Clock } from "../lib/clock.ts";

/** A larger file is not shown: it is held in memory. */
const pageBytes = 1_048_576;
const lookedAtMs = 1000;

export interface ErrorPageParts {
  readonly clock: Clock;
  /** told in a sentence when a page cannot be read */
  readonly warn: (sentence: string) => void;
}

/** Shows files in the place of refusals, with their statuses; a file that has changed is read again within a second. */
export const errorPagesOf = (files: Readonly<Record<string, string>>, parts: ErrorPageParts): ErrorPages => {
  const pages = new Map(
    Object.entries(files).map(([status, file]) => [Number(status), watchPage(file, parts)]),
  );
  return (status) => pages.get(status)?.() ?? null;
};

/** All that is refused further in is shown so. */
export const showing =
  (pages: ErrorPages): Layer =>
  (next) =>
  (x) => {
    showErrorPages(x.res, pages);
    return next(x);
  };

/** Shows the pages in the place of the upstream's own answers of these statuses as well. */
export const intercepting =
  (pages: ErrorPages): Layer =>
  (next) =>
  (x) => {
    x.responsePasses.push((head) => intercept(head, x, pages));
    return next(x);
  };

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".htm": "text/html; charset=utf-8",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
  ".xml": "application/xml",
  ".svg": "image/svg+xml",
};

// Read at once and in one piece: refusals are sent in the same turn, and most of what is refused is refused in numbers.
const watchPage = (file: string, { clock, warn }: ErrorPageParts): (() => ErrorPage | null) => {
  const type = types[extname(file).toLowerCase()] ?? "text/plain; charset=utf-8";
  let page: ErrorPage | null = null;
  let state = "";
  let lookedAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (Math.abs(clock() - lookedAt) < lookedAtMs) return page;
    lookedAt = clock();
    const now = stateOf(file);
    if (now === state) return page;
    state = now;
    page = now.startsWith("!") ? null : errorPage(type, readFileSync(file));
    if (!page) warn(`error page ${file} ${now.slice(1)}: the plain sentence is shown`);
    return page;
  };
};

/** What changes with the file's content; begins with `!` where it cannot be shown. */
const stateOf = (file: string): string => {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) return "!is not there";
  if (found.size > pageBytes) return `!has more than ${pageBytes} bytes`;
  return `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
};

/** Speak of the body that is not sent. */
const ofTheBody = [
  "accept-ranges",
  "content-digest",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-range",
  "digest",
  "etag",
  "last-modified",
  "repr-digest",
];

const intercept = (head: ResponseHead, x: Exchange, pages: ErrorPages): BodyPass | undefined => {
  const page = pages(head.status);
  if (!page) return undefined;
  for (const name of ofTheBody) head.headers.delete(name);
  head.headers.set("content-type", page.type);
  if (page.isPersonal) head.headers.set("x-request-id", requestId(x)).set("cache-control", "no-store");
  return { push: () => nothing, end: () => page.bodyFor(page.isPersonal ? requestId(x) : "") };
};

const nothing = Buffer.alloc(0);
