import { HttpError } from "../http/http-error.ts";
import { pathsBelow } from "../lib/url-path.ts";
import type { StaticSettings } from "./settings.ts";

/**
 * Where a request's path lies below the folder. With `strip`, without the route's path; null where it does not lie below that.
 */
export const createLocator = (
  { strip, wellKnown }: Pick<StaticSettings, "strip" | "wellKnown">,
  base: string,
): ((path: string) => readonly string[] | null) => {
  const below = pathsBelow(strip ? base : "/");
  return (path) => {
    const rest = below(path);
    const segments = pathSegments(rest ?? path, wellKnown); // also where it lies elsewhere: what is odd is refused
    return rest === null ? null : segments;
  };
};

/**
 * The segments of a request's path below the root, decoded. A final empty segment says the path ended in `/`.
 * Null: no file can be meant (a dotfile, an encoded slash, an empty segment). Refused with 400: dot segments in any
 * encoding, backslashes, NUL, broken escapes.
 */
const pathSegments = (path: string, wellKnown: boolean): readonly string[] | null => {
  const segments = path.split("/").map(decode);
  if (path === "") return []; // the route itself, without its slash
  if (segments.shift() !== "") throw new HttpError(400, "the path does not start with /");
  for (const segment of segments) {
    if (isDotSegment(segment)) throw new HttpError(400, "the path has dot segments");
    if (segment.includes("\\")) throw new HttpError(400, "the path has a backslash");
    if (segment.includes("\0")) throw new HttpError(400, "the path has a NUL");
  }
  for (const [i, segment] of segments.entries()) {
    if (isHidden(segment, i, wellKnown) || segment.includes("/")) return null;
    if (segment === "" && i < segments.length - 1) return null;
  }
  return segments;
};

// An encoded slash hides them from whoever looks at whole segments alone.
const isDotSegment = (segment: string): boolean =>
  segment.split("/").some((part) => part === "." || part === "..");

// `.well-known` is there to be public (RFC 8615): security.txt, app links.
const isHidden = (segment: string, depth: number, wellKnown: boolean): boolean =>
  segment.startsWith(".") && !(wellKnown && depth === 0 && segment === ".well-known");

const decode = (segment: string): string => {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpError(400, "the path has a broken percent-encoding");
  }
};
