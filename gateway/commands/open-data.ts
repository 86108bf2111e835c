import { shortPath } from "../lib/short-path.ts";
import { hasData, refuseOlder } from "../store/database.ts";
import { openReader, type Reader } from "../store/reader.ts";
import { CommandError } from "./context.ts";
import { dataFolderFor, type SettingsOptions } from "./settings-options.ts";

/** Opens the data folder that the options name, for reading beside a gateway that may be writing. */
export const openData = (options: SettingsOptions): Reader => {
  const dir = dataFolderFor(options);
  needData(dir);
  refuseOlder(dir);
  return openReader(dir, { sealed: "wait" });
};

/** Throws one sentence where nothing has been stored: most such names are a slip in `--data`. */
export const needData = (dir: string): void => {
  if (hasData(dir)) return;
  throw new CommandError(
    `there is no data in ${shortPath(dir)} yet: start the gateway, or name the folder with --data`,
  );
};
