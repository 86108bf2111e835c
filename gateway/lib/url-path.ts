/** Paths of URLs, and which of them are the same although they are written in several ways (RFC 3986 §6.2.2). */

const unreserved = /[\w.~-]/;

/**
 * The one way of writing a path: what needs no escape has none, and escapes are in capitals. What is broken stays, and so does
 * what may mean something else when it is escaped, such as a slash.
 */
export const normalPath = (path: string): string => {
  if (!path.includes("%")) return path; // nearly every one
  // Behind a broken escape a letter would mend it.
  return path.replace(/(?<!%|%[0-9a-f])%([0-9a-f]{2})/gi, (written, hex: string) => {
    const letter = String.fromCharCode(Number.parseInt(hex, 16));
    return unreserved.test(letter) ? letter : written.toUpperCase();
  });
};

/** `normalPath` of a path as people write it, with letters that no URL has. */
export const normalWrittenPath = (path: string): string =>
  normalPath(path.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent));

/**
 * Every escape as the byte it stands for, one character per byte; null where one is broken. An escaped slash stays `%2F`,
 * because it parts nothing.
 */
export const bytesOfPath = (path: string): string | null => {
  let text = "";
  let from = 0;
  for (let at = path.indexOf("%"); at >= 0; at = path.indexOf("%", from)) {
    const hex = path.slice(at + 1, at + 3);
    if (!/^[0-9a-f]{2}$/i.test(hex)) return null;
    const byte = String.fromCharCode(Number.parseInt(hex, 16));
    text += path.slice(from, at) + (byte === "/" ? "%2F" : byte);
    from = at + 3;
  }
  return text + path.slice(from);
};

/** `bytesOfPath` of a path as people write it. */
export const bytesOfWrittenPath = (path: string): string | null =>
  bytesOfPath(Buffer.from(path, "utf8").toString("latin1"));

/**
 * What stands below the path `base` in others, as it is written there, with its slash; empty for the base itself, null for a
 * path that lies elsewhere.
 */
export const pathsBelow = (base: string): ((path: string) => string | null) => {
  const written = base.endsWith("/") ? base.slice(0, -1) : base;
  const stem = bytesOfWrittenPath(written) ?? written;
  const depth = stem.split("/").length - 1;
  return (path) => {
    const end = endOfSegments(path, depth);
    const front = path.slice(0, end);
    return front === written || bytesOfPath(front) === stem ? path.slice(end) : null;
  };
};

/** Where the first so many segments of a path end. */
const endOfSegments = (path: string, count: number): number => {
  let at = 0;
  for (let i = 0; i < count && at >= 0; i++) at = path.indexOf("/", at + 1);
  return at < 0 ? path.length : at;
};
