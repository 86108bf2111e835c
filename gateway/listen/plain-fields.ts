/**
 * The fields of a plain request, read once for all requests that bring the same: a browser repeats them, byte for byte,
 * with every request of a visit. What is kept follows from the text alone, whoever sent it.
 */
import { createCache } from "../lib/cache.ts";

export interface PlainFields {
  /** lower-case names, none twice; others may have the same object, so nobody changes it */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** as received: name, value, name, value */
  readonly rawHeaders: readonly string[];
  /** the client asks for nothing more on its connection */
  readonly closes: boolean;
}

/** Reads the fields of a head, each line with the line's end before it; null where they are not plain. */
export type FieldReader = (text: string) => PlainFields | null;

/** Longer ones are read each time: this and the count bound what is kept. */
const maxKeptLength = 2048;
/** So many in a row that nobody had sent before, and the next are not looked for … */
const mostInVain = 500;
/** … but for one of so many: behind a proxy that numbers requests no two are the same, until it stops doing so. */
const lookEvery = 16;

/** A reader that keeps about `limit` of them. */
export const createFieldReader = (limit = 1000): FieldReader => {
  const known = createCache<string, PlainFields>(limit);
  let inVain = 0;

  const keep = (text: string): PlainFields | null => {
    const own = Buffer.from(text, "latin1").toString("latin1"); // it may be a piece of a longer text
    const read = readFields(own);
    if (read === null) return null;
    const { headers, rawHeaders, closes } = read;
    const fields = { headers: sharedOf(headers), rawHeaders: Object.freeze(rawHeaders), closes };
    known.set(own, fields);
    return fields;
  };

  return (text) => {
    if (text.length > maxKeptLength) return readFields(text);
    if (inVain >= mostInVain && ++inVain % lookEvery !== 0) return readFields(text);
    const before = known.get(text);
    if (before === undefined) {
      inVain++;
      return keep(text);
    }
    inVain = 0;
    return before;
  };
};

/**
 * Made at once of all its fields, an object has the shape of all that have the same names; made one by one it is a hash
 * table, which every look at it pays for.
 */
const sharedOf = (headers: PlainFields["headers"]): PlainFields["headers"] =>
  Object.freeze(Object.setPrototypeOf({ ...headers }, null) as PlainFields["headers"]);

// The plainest form of RFC 9112: fields of visible characters, nothing folded.
const wellFormed = /^(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[!-~\x80-\xff][\t -~\x80-\xff]*)+$/;

/** Fields that change what the bytes after the head are, or what the connection is: not for the lane. */
const notPlain = new Set([
  "content-length", // a second one, or one that is written in another way
  "transfer-encoding",
  "connection",
  "expect",
  "upgrade",
  "te",
  "trailer",
  "http2-settings",
]);

/** Null where one comes twice or is not plain, and where there is no host. */
const readFields = (text: string): PlainFields | null => {
  if (!wellFormed.test(text)) return null;
  const headers: Record<string, string> = Object.create(null); // a field may be called __proto__
  const rawHeaders: string[] = [];
  for (let start = 2; start > 1; ) {
    const end = text.indexOf("\r\n", start);
    const colon = text.indexOf(":", start);
    const written = text.slice(start, colon);
    const value = trimmed(text, colon + 1, end < 0 ? text.length : end);
    const name = written.toLowerCase();
    if (headers[name] !== undefined || (notPlain.has(name) && !isKnown(name, value))) return null;
    headers[name] = value;
    rawHeaders.push(written, value);
    start = end + 2;
  }
  if (headers["host"] === undefined) return null;
  return { headers, rawHeaders, closes: headers["connection"]?.toLowerCase() === "close" };
};

/** Without blanks around it; a byte that is one in Unicode alone is none here (RFC 9110 §5.5). */
const trimmed = (text: string, start: number, end: number): string => {
  let from = start;
  while (isBlank(text.charCodeAt(from))) from++;
  let to = end;
  while (isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
};

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** What `Connection` says is that it stays open, or that it does not. */
const isKnown = (name: string, value: string): boolean => {
  if (name !== "connection") return false;
  const said = value.toLowerCase();
  return said === "keep-alive" || said === "close";
};
