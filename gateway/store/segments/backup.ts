import { readdirSync } from "node:fs";
import { codeOf } from "../../lib/error-code.ts";
import { makeFolder } from "../../lib/make-folder.ts";

export type { BackupResult } from "./backup-job.ts";

/** Makes the folder of a backup; one that holds something is refused, so that no backup mixes with another. */
export const prepareBackup = (to: string): void => {
  let found: readonly string[];
  try {
    makeFolder(to, 0o700);
    found = readdirSync(to);
  } catch (cause) {
    throw new Error(`backup: the folder ${to} cannot be made (${codeOf(cause)}): name another`, { cause });
  }
  if (found.length > 0) throw new Error(`backup: ${to} is not empty: name a new folder`);
};
