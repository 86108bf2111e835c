/** Whether a site that is named on the command line is one: most names that are none are slips. */
import { openDatabaseReadOnly } from "../store/database.ts";
import { CommandError } from "./context.ts";
import { dataFolderFor, type SettingsOptions, settingsFor } from "./settings-options.ts";

/**
 * Throws one sentence where neither the settings know the site nor anything is stored of it. The folder has data in it;
 * settings with mistakes are no hindrance where it is named.
 */
export const needSite = (
  command: string,
  site: string | null | undefined,
  options: SettingsOptions,
): void => {
  if (site === null || site === undefined) return;
  const configured = sitesOfSettings(options);
  if (configured.includes(site)) return;
  const db = openDatabaseReadOnly(dataFolderFor(options));
  try {
    const stored = db.prepare(sitesWithRows).pluck().all() as string[];
    if (stored.includes(site)) return;
    const known = [...new Set([...configured, ...stored])].sort().join(", ");
    throw new CommandError(`${command}: there is no site ${site}: expected one of ${known}`);
  } finally {
    db.close();
  }
};

const sitesWithRows =
  "SELECT id FROM sites UNION SELECT site FROM segments UNION SELECT site FROM rejects UNION SELECT site FROM counters";

const sitesOfSettings = (options: SettingsOptions): readonly string[] => {
  try {
    return settingsFor(options).sites.map(({ id }) => id);
  } catch (error) {
    if (options.data !== undefined && error instanceof CommandError) return [];
    throw error;
  }
};
