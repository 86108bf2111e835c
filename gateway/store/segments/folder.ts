/** What lies in `events/`, and the list of it for programs that read the folder by themselves. */
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../lib/make-folder.ts";
import type { Manifest } from "./manifest.ts";
import { eventsFolder, stagingFolder } from "./segment.ts";
import { syncFolder } from "./staging.ts";

const manifestName = "_manifest.json";

/** All files below `events/` but the list itself, as paths with `/`. */
export const listEventFiles = (dir: string): readonly string[] => {
  const found: string[] = [];
  const walk = (folder: string, prefix: string): void => {
    for (const entry of readFolder(folder)) {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory()) walk(join(folder, entry.name), `${path}/`);
      else if (path !== manifestName) found.push(path);
    }
  };
  walk(eventsFolder(dir), "");
  return found;
};

const readFolder = (folder: string) => {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // nothing was sealed yet
  }
};

const listOf = ({ state, segments }: Manifest): string => {
  const files = segments.map(({ path, site, date, rows, bytes, minSeq, maxSeq }) => ({
    path,
    site,
    date,
    rows,
    bytes,
    min_seq: minSeq,
    max_seq: maxSeq,
  }));
  return `${JSON.stringify({ version: 1, watermark: state.watermark, files }, null, 1)}\n`;
};

/** Whether it is there and says what the manifest does: other hands reach the folder, too. */
export const isListed = (dir: string, manifest: Manifest): boolean => {
  try {
    return readFileSync(join(eventsFolder(dir), manifestName), "utf8") === listOf(manifest);
  } catch {
    return manifest.segments.length === 0;
  }
};

/** Writes `events/_manifest.json`: the files that count, and up to which sequence. It appears whole, at once. */
export const writeManifestFile = (dir: string, manifest: Manifest): void => {
  const text = listOf(manifest);
  makeFolder(stagingFolder(dir), 0o700);
  makeFolder(eventsFolder(dir), 0o700);
  const staged = join(stagingFolder(dir), manifestName);
  const fd = openSync(staged, "w", 0o600);
  try {
    writeFileSync(fd, text); // a disk that becomes full takes a part, which one call of `writeSync` would not say
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(staged, join(eventsFolder(dir), manifestName));
  syncFolder(eventsFolder(dir));
};
