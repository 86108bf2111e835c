import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { makeFolder } from "../../lib/make-folder.ts";

export type { BackupResult } from "./backup-job.ts";

/** After a backup that failed: half a copy is none, takes room, and would keep the next one from the folder. */
export const emptyBackup = (to: string): void => {
  for (const name of readdirSync(to)) rmSync(join(to, name), { recursive: true, force: true });
};

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
