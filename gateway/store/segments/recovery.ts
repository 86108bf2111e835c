/**
 * What a crash leaves in `events/`, told from what comes of another hand: a folder beside a database that is older than
 * it, or a file that was put there or damaged. The first is brought in order, the second stays as it is and is told.
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { countOf } from "../../lib/count-of.ts";
import { listEventFiles } from "./folder.ts";
import type { Looked } from "./look-job.ts";
import type { Manifest } from "./manifest.ts";
import { footerOf, hashFile, type Segment, segmentFile } from "./segment.ts";

/** Files of ours that no transaction ever made true, or that one took back; other people's files stay. */
export const straysOf = (dir: string, segments: readonly Segment[]): readonly string[] => {
  const known = new Set(segments.map(({ path }) => path));
  return listEventFiles(dir).filter(
    (path) => !known.has(path) && /^site=[^/]+\/date=[^/]+\/part-\d+\.parquet$/.test(path),
  );
};

/**
 * Files that differ from what the manifest says, or cannot be read: those that were renamed into their places and never
 * became true do.
 */
export const changedOf = (dir: string, segments: readonly Segment[]): readonly string[] =>
  segments.filter((segment) => !isAsSealed(dir, segment)).map(({ path }) => path);

const isAsSealed = (dir: string, segment: Segment): boolean => {
  const file = segmentFile(dir, segment);
  try {
    return statSync(file).size === segment.bytes && footerOf(file) === segment.footer;
  } catch {
    return false; // why, whoever looks into it learns
  }
};

/** Whether it is what was sealed, byte for byte where that is known. */
export const isWhole = (dir: string, segment: Segment): boolean =>
  isAsSealed(dir, segment) && !isSpoilt(dir, segment);

/** A file that ends as it was sealed and differs before: no crash leaves one. */
export const isSpoilt = (dir: string, segment: Segment): boolean => {
  const file = segmentFile(dir, segment);
  return segment.hash !== null && footerOf(file) === segment.footer && hashFile(file) !== segment.hash;
};

/** Throws for such a file: written anew it would count as whole. */
export const refuseSpoilt = (dir: string, segment: Segment): void => {
  if (isSpoilt(dir, segment)) throw spoilt(segment.path);
};

const spoilt = (path: string): Error =>
  new Error(`the sealed file ${join("events", path)} is not as it was written: put it back from a backup`);

/** Why no rows may be added to a file that was found like this; null where it is whole, or what a crash left. */
export const whyClosed = (dir: string, segment: Segment, found: Looked): string | null => {
  if (found.trouble === null && isSpoilt(dir, segment)) return `store: ${spoilt(segment.path).message}`;
  return whyDamaged([found], { segments: [segment], erasures: [] })?.message ?? null;
};

/** A sealed file that no crash explains, and what to do about it. */
export interface Damage {
  readonly path: string;
  readonly why: string;
}

/** Sealed files are not as they were written: all else is in order. */
export class DamagedFiles extends Error {
  constructor(damaged: readonly Damage[]) {
    super(damaged.map(({ why }) => why).join("; "));
  }
}

/**
 * Why the folder cannot be this database's; null where a crash explains what was found: then every event is one that the
 * database has had. `lastSeq` is the highest sequence it ever gave.
 */
export const whyForeign = (looked: readonly Looked[], lastSeq: number): Error | null => {
  const foreign = looked.find(({ maxSeq }) => maxSeq > lastSeq);
  if (!foreign) return null;
  return new Error(
    `store: events/${foreign.path} holds events that turnpike.db has never had, so it is older than the folder: put the turnpike.db of the same moment in its place, or move events/ away; until then nothing is sealed, pruned or erased, and what comes is in this turnpike.db alone: keep it`,
  );
};

/** Why a file of the manifest is not what was sealed; null where a crash explains what was found. */
export const whyDamaged = (
  looked: readonly Looked[],
  { segments, erasures }: Pick<Manifest, "segments" | "erasures">,
): Error | null => {
  for (const found of looked) {
    const segment = segments.find(({ path }) => path === found.path);
    if (!segment) continue;
    if (found.trouble !== null) return unreadable(found.path, found.trouble);
    // An erasure that was cut short takes rows out before the manifest says so.
    const isSame = found.rows === segment.rows && found.seqSum === segment.seqSum;
    if (erasures.length === 0 && !isSame)
      return new Error(
        `store: events/${found.path} is not as it was written (${countOf(found.rows, "event")}, and ${segment.rows} by the manifest): put it back from a backup`,
      );
  }
  return null;
};

const unreadable = (path: string, why: string): Error =>
  new Error(
    `store: the sealed file ${join("events", path)} cannot be read (${why}): put it back from a backup`,
  );
