/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` field for a file of `size` bytes (RFC 9110 §14.1.2). `null`: send the whole, because the field
 * is broken, in another unit, or asks for several ranges, all of which a server may ignore (§14.2).
 * `"unsatisfiable"`: answer 416.
 */
export const parseRange = (field: string, size: number): ByteRange | "unsatisfiable" | null => {
  const match = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(field);
  if (!match) return null;
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? null : suffix(Number(last), size);
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return null;
  return start < size ? { start, end } : "unsatisfiable";
};

const suffix = (length: number, size: number): ByteRange | "unsatisfiable" | null => {
  if (length === 0) return "unsatisfiable";
  // The last bytes of an empty file are there, but no Content-Range can say so.
  return size === 0 ? null : { start: Math.max(size - length, 0), end: size - 1 };
};
