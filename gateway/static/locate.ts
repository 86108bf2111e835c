import { HttpError } from "../http/http-error.ts";

/**
 * The segments of a request's path below the root, decoded. A final empty segment says the path ended in `/`.
 * Null: no file can be meant (a dotfile, an encoded slash, an empty segment). Refused with 400: dot segments in any
 * encoding, backslashes, NUL, broken escapes.
 */
export const pathSegments = (path: string): readonly string[] | null => {
  const segments = path.split("/").map(decode);
  if (segments.shift() !== "") throw new HttpError(400, "the path does not start with /");
  for (const [i, segment] of segments.entries()) {
    if (segment === "." || segment === "..") throw new HttpError(400, "the path has dot segments");
    if (segment.includes("\\")) throw new HttpError(400, "the path has a backslash");
    if (segment.includes("\0")) throw new HttpError(400, "the path has a NUL");
    if (isHidden(segment, i) || segment.includes("/")) return null;
    if (segment === "" && i < segments.length - 1) return null;
  }
  return segments;
};

// `.well-known` is there to be public (RFC 8615): security.txt, app links.
const isHidden = (segment: string, depth: number): boolean =>
  segment.startsWith(".") && !(depth === 0 && segment === ".well-known");

const decode = (segment: string): string => {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpError(400, "the path has a broken percent-encoding");
  }
};
