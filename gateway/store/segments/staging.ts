/** Files on their way into `events/`: written aside, made durable, then renamed over what was there. */
import { closeSync, fsyncSync, mkdtempSync, openSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import { eventsFolder, type Staged, segmentFile, stagingFolder } from "./segment.ts";

/** A new empty folder for one job; it lies on the same file system as `events/`, so that a rename is one step. */
export const makeStaging = (dir: string): string => {
  makeFolder(stagingFolder(dir), 0o700);
  return mkdtempSync(join(stagingFolder(dir), "job-"));
};

/** Takes away what a job left, finished or not. */
export const clearStaging = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** Puts staged files into their places. Each appears whole, at once; all are on disk when this returns. */
export const publish = (dir: string, staged: readonly Staged[]): void => {
  if (staged.length === 0) return;
  const folders = new Set<string>([eventsFolder(dir), dir]);
  for (const { file, segment } of staged) {
    const place = segmentFile(dir, segment);
    makeFolder(dirname(place), 0o700);
    renameSync(file, place);
    folders.add(dirname(place)).add(dirname(dirname(place)));
  }
  for (const folder of folders) syncFolder(folder);
};

/** Removes a sealed file; one that has gone already is no error. Readers that hold it open keep it. */
export const retire = (dir: string, path: string): void => {
  const file = segmentFile(dir, { path });
  try {
    unlinkSync(file);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  syncFolder(dirname(file));
};

export const syncFile = (file: string): void => {
  syncOpen(openSync(file, "r+"));
};

export const syncFolder = (folder: string): void => {
  syncOpen(openSync(folder, "r"));
};

const syncOpen = (fd: number): void => {
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};
