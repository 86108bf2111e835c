/**
 * Sealed events lie in files of one site and one UTC day, `events/site=…/date=…/part-0001.parquet`. A file only ever
 * changes by being renamed over, so that whoever lists the folder meets each event once at every instant. What a file
 * holds counts only as far as the manifest says, and never above the watermark.
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

/** What was found in a sealed file when it was written. */
export interface Segment {
  /** below `events/`, with `/` */
  readonly path: string;
  readonly site: string;
  /** YYYY-MM-DD, UTC, of the event time */
  readonly date: string;
  readonly rows: number;
  readonly bytes: number;
  /** sequences of the journal */
  readonly minSeq: number;
  readonly maxSeq: number;
  /** sum of the sequences, so that one row in the place of another shows */
  readonly seqSum: number;
  /** event time, ms */
  readonly minAt: number;
  readonly maxAt: number;
  /** SHA-256 of the file's end, which lists all its parts */
  readonly footer: string;
  /** SHA-256 of the whole file; null where it was written before this was kept */
  readonly hash: string | null;
  /** columns made of properties, name → kind */
  readonly columns: Readonly<Record<string, PropertyKind>>;
}

/** Of a column made of a property: integer, float, text, boolean, nested JSON as text, or mixed as text. */
export type PropertyKind = "int" | "float" | "text" | "bool" | "json" | "mixed";

/** How far sealing has come. */
export interface SealState {
  /** every event up to this sequence is in a segment, none above it */
  readonly watermark: number;
  /** every event up to this sequence is in a segment alone, its journal row has gone */
  readonly dropped: number;
  /** no event up to `dropped` is later than this, ms */
  readonly droppedUntil: number;
  /** sequences up to the watermark whose events were erased, pruned or never kept */
  readonly removed: number;
  /** 1: events were taken out since the numbers of the live page were last counted; else 0 */
  readonly miscounted: number;
}

/**
 * Events to take out: of one site, where the column has this value, up to a sequence. `owner` are a user's events
 * without a visitor. Of `referrer` the events stay, they are others': the value goes from the columns of who sent them.
 */
export interface Erasure {
  readonly no: number;
  readonly site: string;
  readonly column: "client_id" | "user_id" | "traffic_filter_name" | "owner" | "referrer";
  readonly value: string;
  readonly upToSeq: number;
}

/** A file that waits outside `events/` until it is renamed into its place. */
export interface Staged {
  readonly file: string;
  readonly segment: Segment;
}

export const eventsFolder = (dir: string): string => join(dir, "events");
export const segmentFile = (dir: string, { path }: Pick<Segment, "path">): string =>
  join(eventsFolder(dir), path);
/** Where files are written before they are renamed; on the same file system, and never read by anyone. */
export const stagingFolder = (dir: string): string => join(dir, "sealing");

export const partPath = (site: string, date: string, part: number): string =>
  `site=${site}/date=${date}/part-${String(part).padStart(4, "0")}.parquet`;

export const partNumber = (path: string): number => Number(/part-(\d+)\.parquet$/.exec(path)?.[1] ?? 0);

const firstDay = Date.parse("0001-01-01"); // `Date.UTC` takes the year 1 for 1901
const lastDay = Date.UTC(9999, 11, 31);

/** The UTC day of an event; times that no calendar of four digits has are kept at its ends. */
export const dayOf = (at: number): string =>
  new Date(Math.min(lastDay, Math.max(firstDay, at))).toISOString().slice(0, 10);

/** The hash of a whole file. */
export const hashFile = (file: string): string => {
  const hash = createHash("sha256");
  const chunk = Buffer.alloc(1 << 20);
  const fd = openSync(file, "r");
  try {
    for (let length = -1; length !== 0; ) {
      length = readSync(fd, chunk);
      hash.update(chunk.subarray(0, length));
    }
    return hash.digest("hex");
  } finally {
    closeSync(fd);
  }
};

/** The hash of a Parquet file's end (its schema, and place and size of every piece); null where it is no such file. */
export const footerOf = (file: string): string | null => {
  const fd = openSync(file, "r");
  try {
    const { size } = fstatSync(fd);
    const tail = readAt(fd, size - 8, 8);
    if (size < 12 || tail.toString("latin1", 4) !== "PAR1") return null;
    const length = tail.readUInt32LE(0);
    if (length > size - 12) return null;
    return createHash("sha256")
      .update(readAt(fd, size - 8 - length, length))
      .digest("hex")
      .slice(0, 32);
  } finally {
    closeSync(fd);
  }
};

const readAt = (fd: number, position: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  if (position >= 0) readSync(fd, bytes, 0, length, position);
  return bytes;
};
