/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** More parts than this are asked for by nobody who means well: such a field is ignored (RFC 9110 §14.2). */
const maxParts = 32;

/**
 * Reads a `Range` field for a file of `size` bytes (RFC 9110 §14.1.2). `null`: send the whole, because the field is
 * broken, in another unit, or asks for too many parts, all of which a server may ignore (§14.2). `"unsatisfiable"`:
 * answer 416. Else one part or several, in the order asked for; parts that overlap come as one.
 */
export const parseRanges = (field: string, size: number): readonly ByteRange[] | "unsatisfiable" | null => {
  const unit = /^bytes[ \t]*=/i.exec(field)?.[0];
  if (unit === undefined) return null;
  const specs = field.slice(unit.length).split(",", 4 * maxParts);
  const asked = specs.map((spec) => spec.trim()).filter((spec) => spec !== ""); // a list may have empty members
  if (asked.length === 0 || asked.length > maxParts) return null;
  const parts: ByteRange[] = [];
  for (const spec of asked) {
    const part = parseSpec(spec, size);
    if (part === null) return null;
    if (part !== "outside") addPart(parts, part);
  }
  if (parts.length > 0) return parts;
  // The last bytes of an empty file are there, but no Content-Range can say so.
  return size === 0 && asked.every((spec) => /^-0*[1-9]/.test(spec)) ? null : "unsatisfiable";
};

const parseSpec = (spec: string, size: number): ByteRange | "outside" | null => {
  const match = /^(\d*)-(\d*)$/.exec(spec);
  if (!match) return null;
  const [, first = "", last = ""] = match;
  if (first === "") {
    if (last === "") return null;
    const length = Math.min(Number(last), size);
    return length === 0 ? "outside" : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  if (start >= size) return "outside";
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
};

// However often a client names the same bytes, they are sent once: what is sent never exceeds the file by much. Those
// already there do not overlap each other, so that what a new one touches becomes one part, and that touches no other.
const addPart = (parts: ByteRange[], part: ByteRange): void => {
  const touched = parts.filter((other) => other.start <= part.end && part.start <= other.end);
  const whole = {
    start: Math.min(part.start, ...touched.map(({ start }) => start)),
    end: Math.max(part.end, ...touched.map(({ end }) => end)),
  };
  const [first, ...others] = touched;
  if (!first) parts.push(whole);
  else parts.splice(parts.indexOf(first), 1, whole);
  for (const other of others) parts.splice(parts.indexOf(other), 1);
};
