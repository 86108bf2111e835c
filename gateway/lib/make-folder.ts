import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { codeOf } from "./error-code.ts";

/**
 * Makes a folder and those above it that are missing; those that are there stay as they are. `mkdirSync` with `recursive`
 * does the same, but never ends where a folder cannot be made although the one above is there, as in /proc.
 */
export const makeFolder = (folder: string, mode?: number): void => {
  const path = resolve(folder);
  if (tryToMake(path, mode)) return;
  makeFolder(dirname(path), mode);
  // Not without a look, too: another process may be making the same.
  if (!tryToMake(path, mode))
    throw new Error(`${path} cannot be made: what is above it was removed meanwhile`);
};

/** False where the folder above is missing. */
const tryToMake = (path: string, mode: number | undefined, again = true): boolean => {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST" && isFolder(path)) return true;
    if (codeOf(error) === "ENOENT" && dirname(path) !== path) {
      if (!isFolder(dirname(path))) return false;
      if (again) return tryToMake(path, mode, false); // it may have come meanwhile
    }
    throw error;
  }
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
