import type { Exchange } from "../http/exchange.ts";
import { createCachePolicy } from "./cache-policy.ts";
import type { File, Files, Found } from "./files.ts";
import { isCompressible, isDocument, mediaType } from "./mime.ts";
import type { Page } from "./page.ts";
import type { StaticSettings } from "./settings.ts";

/** What answers a request. */
export type Target =
  | { readonly kind: "page"; readonly file: File; readonly page: Page }
  /** the address of a folder, but for its final slash */
  | { readonly kind: "folder" }
  | { readonly kind: "nothing" };

type Segments = readonly string[];

/**
 * Finds the file for a path; for one without a file the site's own page of the application, or that of what is not
 * found. No `segments`: such a file is not given away.
 */
export const createFinder = (
  files: Files,
  settings: StaticSettings,
): ((x: Exchange, segments: Segments | null) => Promise<Target>) => {
  const cachePolicy = createCachePolicy(settings);
  const headers = Object.entries(settings.headers);
  const fallback = settings.fallback?.split("/");
  const notFound = settings.notFound?.split("/");

  const pageOf = (found: Found, segments: Segments, how: Pick<Page, "status" | "isOwn">): Target => {
    if (found.kind !== "file") return { kind: "nothing" };
    const type = mediaType(segments.at(-1) ?? "");
    const cacheControl = how.status === 200 ? cachePolicy(segments, type) : "no-cache";
    const varies = settings.compress && isCompressible(type);
    return { kind: "page", file: found, page: { segments, type, cacheControl, headers, varies, ...how } };
  };
  const findInstead = async (x: Exchange, segments: Segments | null): Promise<Target> => {
    if (fallback && segments && isPlace(x, segments)) {
      const page = pageOf(await files.find(fallback), fallback, { status: 200, isOwn: false });
      if (page.kind === "page") return page;
    }
    if (!notFound) return { kind: "nothing" };
    return pageOf(await files.find(notFound), notFound, { status: 404, isOwn: false });
  };
  return async (x, segments) => {
    if (!segments) return findInstead(x, null);
    const found = await files.find(segments);
    if (found.kind === "file") return pageOf(found, segments, { status: 200, isOwn: true });
    if (found.kind === "nothing") return findInstead(x, segments);
    if (segments.at(-1) !== "") return { kind: "folder" };
    const index = [...segments.slice(0, -1), ...settings.index.split("/")];
    const page = pageOf(await files.find(index), index, { status: 200, isOwn: true });
    return page.kind === "page" ? page : findInstead(x, segments);
  };
};

/**
 * Whether an address may be a place within an application: neither a file that has gone, for which a script tag must not
 * get a page, nor anything else that a page is made of.
 */
const isPlace = ({ req }: Exchange, segments: Segments): boolean => {
  const type = mediaType(segments.at(-1) ?? "");
  if (type !== "application/octet-stream" && !isDocument(type)) return false;
  const dest = req.headers["sec-fetch-dest"];
  return dest === undefined || places.has(String(dest));
};

/** `empty` is a script that fetches the page for the application. */
const places: ReadonlySet<string> = new Set(["document", "iframe", "frame", "empty"]);
