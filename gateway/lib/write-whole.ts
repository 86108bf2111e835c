import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./error-code.ts";

/** Writes a file as a whole: whoever reads it, also after a power cut, finds the old content or the new one. */
export const writeWhole = (file: string, content: string, mode: number): void => {
  replaceWhole(file, content, mode, fsyncSync);
  syncFolder(dirname(file));
};

/** `writeWhole` where there is no such file yet; false, and nothing is changed, where somebody was first. */
export const writeFirst = (file: string, content: string | Buffer, mode: number): boolean => {
  const beside = `${file}.${randomBytes(6).toString("hex")}.first`;
  replaceWhole(beside, content, mode, fsyncSync);
  try {
    placeFirst(beside, file);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(beside, { force: true });
  }
  syncFolder(dirname(file));
  return true;
};

const placeFirst = (beside: string, file: string): void => {
  try {
    linkSync(beside, file);
  } catch (error) {
    if (!withoutLinks.has(codeOf(error))) throw error;
    copyFileSync(beside, file, constants.COPYFILE_EXCL); // there is one maker still; who reads meanwhile may find half
  }
};

/** What file systems say that have no second names, such as those of memory cards and of some networks. */
const withoutLinks: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** `writeWhole` for what may be lost by a power cut, or be empty after it: ten times as fast. */
export const writeSoon = (file: string, content: string, mode: number): void =>
  replaceWhole(file, content, mode, () => {});

const replaceWhole = (
  file: string,
  content: string | Buffer,
  mode: number,
  sync: (fd: number) => void,
): void => {
  const beside = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    const fd = openSync(beside, "wx", mode);
    try {
      writeFileSync(fd, content);
      sync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
};

/** A new name in the folder is on disk when this returns. */
export const syncFolder = (folder: string): void => {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } catch {
    // some file systems refuse this for folders: then the name is as durable as they make it
  } finally {
    closeSync(fd);
  }
};
