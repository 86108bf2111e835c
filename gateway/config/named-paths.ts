/** Files and folders that settings name: what is wrong with them, in words. */
import { type Stats, statSync } from "node:fs";
import { codeOf } from "../lib/error-code.ts";

/** Null where the path leads to a file. */
export const whyNoFile = (path: string): string | null => why(path, "file", (found) => found.isFile());

/** Null where the path leads to a folder. */
export const whyNoFolder = (path: string): string | null =>
  why(path, "folder", (found) => found.isDirectory());

const why = (path: string, noun: string, isOne: (found: Stats) => boolean): string | null => {
  const shown = path.length > 300 ? `${path.slice(0, 300)}…` : path;
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) return `there is no ${noun} ${shown}`;
    return isOne(found) ? null : `${shown} is not a ${noun}`;
  } catch (error) {
    const code = codeOf(error);
    if (code === "EACCES")
      return `${shown} cannot be reached (EACCES): let this user enter the folders above it`;
    if (code === "ENOTDIR") return `there is no ${noun} ${shown}`;
    return `${JSON.stringify(shown)} cannot be a ${noun} (${code})`;
  }
};
