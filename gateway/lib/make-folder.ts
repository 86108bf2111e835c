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
  mkdirSync(path, { mode });
};

/** False where the folder above is missing. */
const tryToMake = (path: string, mode: number | undefined): boolean => {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST" && isFolder(path)) return true;
    if (codeOf(error) === "ENOENT" && dirname(path) !== path && !isFolder(dirname(path))) return false;
    throw error;
  }
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
