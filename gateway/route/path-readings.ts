import { HttpError } from "../http/http-error.ts";
import { bytesOfPath } from "../lib/url-path.ts";

/** A path as the strictest and the most lenient server would read it; equal for nearly every path. */
export interface Readings {
  readonly strict: string;
  readonly lenient: string;
}

/**
 * Reads a request's path for matching. Servers differ in what they decode, merge or cut before they match, so a
 * path that could be another one for the server behind us has two readings, and only goes on if both
 * lead to the same place. Refused with 400: dot segments in any encoding, backslashes, NUL, broken escapes.
 */
export const readPath = (path: string): Readings => {
  if (isPlain(path)) return { strict: path, lenient: path };
  const strict = bytesOfPath(path);
  if (strict === null) throw new HttpError(400, "the path has a broken percent-encoding");
  if (strict.includes("\\")) throw new HttpError(400, "the path has a backslash");
  if (strict.includes("\0")) throw new HttpError(400, "the path has a NUL");
  const lenient = dropParameters(strict.replaceAll("%2F", "/")).replace(/\/{2,}/g, "/");
  if (hasDotSegment(lenient)) throw new HttpError(400, "the path has dot segments");
  return { strict, lenient };
};

// On the way of every request: nothing in most paths can be read in two ways.
const isPlain = (path: string): boolean => {
  for (let i = 0; i < path.length; i++) {
    switch (path.charCodeAt(i)) {
      case 0x25: // %
      case 0x3b: // ;
      case 0x5c: // \
      case 0x00:
        return false;
      case 0x2f: {
        const next = path.charCodeAt(i + 1);
        if (next === 0x2f || next === 0x2e /* . */) return false;
      }
    }
  }
  return true;
};

// Java servers cut `;name=value` off each segment before they match (RFC 3986 §3.3).
const dropParameters = (path: string): string => (path.includes(";") ? path.replace(/;[^/]*/g, "") : path);

const hasDotSegment = (path: string): boolean =>
  path.includes("/.") && path.split("/").some((segment) => segment === "." || segment === "..");
