import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Command } from "commander";
import { countOf } from "../lib/count-of.ts";
import { CommandError, type Context, say, warn } from "./context.ts";
import { withKeeping } from "./keeping.ts";
import { needData } from "./open-data.ts";
import {
  dataFolderFor,
  readPath,
  type SettingsOptions,
  settingsFor,
  withSettingsOptions,
} from "./settings-options.ts";

/** `turnpike backup`: a copy of the data folder as of one moment, while the gateway runs or not. */
export const addBackup = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("backup")
      .description(
        "copy the data folder as of one moment into a new folder, which can be started with --data",
      )
      .argument("<folder>", "where to; must not exist yet, or be empty", readPath),
  )
    .addHelpText(
      "after",
      "\nThe copy holds personal data, the secret that signs cookies, and the keys of certificates in `certs`. Admin tokens stay as\nthey are, the file `admin-token` is not in it, nor are recordings, and the day's salt of cookieless sites.\nWho is erased later is still in it: erase him again where a copy is put back.",
    )
    .action(
      run(async (folder: string, options: SettingsOptions) => {
        needData(dataFolderFor(options));
        const to = resolve(folder);
        const config = settingsFor(options);
        if (isWithin(config.data.dir, to))
          throw new CommandError(`backup: ${to} lies in the data folder: name a folder outside of it`);
        const done = await withKeeping(config, io, (keeping) => keeping.backup(to));
        const { events, segments, spoilt = [] } = done;
        say(io, `copied to ${to}: ${countOf(events, "event")}, ${countOf(segments, "sealed file")}`);
        for (const path of spoilt) {
          warn(
            io,
            `events/${path} is not as it was written, here and in the copy: put it back from an older backup`,
          );
        }
        return spoilt.length > 0 ? 1 : 0;
      }),
    );
};

/** Below the folder, whatever links lead there; the folder itself is not empty, which is told elsewhere. */
const isWithin = (folder: string, path: string): boolean => {
  const way = relative(realpathSync(folder), realPath(path));
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`);
};

/** The real path of what may not be there yet. */
const realPath = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path === dirname(path) ? path : join(realPath(dirname(path)), basename(path));
  }
};
