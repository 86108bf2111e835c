import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "./is-running.ts";

/**
 * A new folder for this process alone, mode 0700, which removes it when it is done. What processes that were killed have
 * left of this kind goes first: it may hold visitors' data.
 */
export const makeTemporaryFolder = (kind: string, parent = tmpdir()): string => {
  const prefix = `turnpike-${kind}-${processSpace()}-`;
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) removeForsaken(join(parent, name), name.slice(prefix.length));
  }
  return mkdtempSync(join(parent, `${prefix}${process.pid}-`));
};

const removeForsaken = (folder: string, pidAndMore: string): void => {
  try {
    if (isRunning(Number.parseInt(pidAndMore, 10))) return;
    // Another user's could be changed into something else while it is removed.
    if (lstatSync(folder).uid === process.getuid?.()) rmSync(folder, { recursive: true, force: true });
  } catch {
    // another process was faster
  }
};

/** Where the numbers of processes mean something: containers that share a folder each have their own. */
const processSpace = (): string => {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0"; // no Linux: there is one
  }
};
