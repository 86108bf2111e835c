import { resolve } from "node:path";
import type { Command } from "commander";
import { countOf } from "../lib/count-of.ts";
import { type Context, say } from "./context.ts";
import { withKeeping } from "./keeping.ts";
import { openData } from "./open-data.ts";
import { readPath, type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";

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
      "\nThe copy holds personal data and the secret that signs cookies. Admin tokens stay as they are.",
    )
    .action(
      run(async (folder: string, options: SettingsOptions) => {
        openData(options).close(); // a folder without data is told
        const to = resolve(folder);
        const { events, segments } = await withKeeping(settingsFor(options), io, (keeping) =>
          keeping.backup(to),
        );
        say(io, `copied to ${to}: ${countOf(events, "event")}, ${countOf(segments, "sealed file")}`);
        return 0;
      }),
    );
};
