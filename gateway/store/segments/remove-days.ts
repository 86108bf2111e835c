/** Takes sealed days out: first of the manifest, in one transaction of the writer, then of the disk. */
import { writeManifestFile } from "./folder.ts";
import type { Manifest } from "./manifest.ts";
import type { Segment } from "./segment.ts";
import { retire } from "./staging.ts";
import type { Pruned, SegmentCall } from "./writing.ts";

export interface DayRemover {
  readonly dir: string;
  /** asks the writer */
  readonly write: (call: SegmentCall) => Promise<unknown>;
  readonly manifest: () => Manifest;
  readonly onStep: (step: string) => void;
}

/** Events before that day (YYYY-MM-DD, UTC) that are sealed, with what the journal has of them; counts what went. */
export const removeDays = async (
  { dir, write, manifest, onStep }: DayRemover,
  before: string,
  site: string | null,
): Promise<{ readonly events: number; readonly files: number }> => {
  const ask = async () => (await write({ kind: "prune", before, site })) as Pruned | null;
  let pruned = await ask();
  // Not a page is left on which to write what goes. A file of it makes room; where a crash comes between the two, it is
  // missing until pruning is done again.
  const due = pruned ? [] : manifest().segments.filter(isBefore(before, site));
  for (const { path } of due.toSorted((a, b) => b.bytes - a.bytes)) {
    retire(dir, path);
    pruned = await ask();
    if (pruned) break;
  }
  if (!pruned) throw new Error("store: the disk of the data folder is full: make room on it");
  const { paths, events } = pruned;
  onStep("committed");
  for (const path of paths) retire(dir, path);
  if (paths.length > 0) writeManifestFile(dir, manifest());
  return { events, files: paths.length };
};

export const isBefore =
  (day: string, site: string | null) =>
  (segment: Segment): boolean =>
    segment.date < day && (site === null || segment.site === site);
