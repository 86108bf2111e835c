/** What a crash leaves in the folder of the sealed files, told by the manifest. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { listEventFiles } from "./folder.ts";
import { footerOf, type Segment, segmentFile } from "./segment.ts";
import { retire } from "./staging.ts";

/** Files of ours that no transaction ever made true, or that one took back; other people's files stay. */
export const removeStrays = (dir: string, segments: readonly Segment[]): void => {
  const known = new Set(segments.map(({ path }) => path));
  for (const path of listEventFiles(dir)) {
    if (!known.has(path) && /^site=[^/]+\/date=[^/]+\/part-\d+\.parquet$/.test(path)) retire(dir, path);
  }
};

/** A file that was renamed into its place and never became true differs from what the manifest says. */
export const isAsSealed = (dir: string, segment: Segment): boolean => {
  const file = segmentFile(dir, segment);
  try {
    return statSync(file).size === segment.bytes && footerOf(file) === segment.footer;
  } catch (cause) {
    throw new Error(
      `store: the sealed file ${join("events", segment.path)} cannot be read (${codeOf(cause)}): put it back from a backup`,
      { cause },
    );
  }
};
