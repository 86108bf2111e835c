import type { Command } from "commander";
import { countOf } from "../lib/count-of.ts";
import { type Context, say } from "./context.ts";
import { withKeeping } from "./keeping.ts";
import { needData } from "./open-data.ts";
import { dataFolderFor, type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";

/** `turnpike verify`: reads all that is stored and says what is wrong with it. */
export const addVerify = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("verify")
      .description(
        "read every stored file and compare it with the manifest; 1 is answered when something is wrong",
      ),
  ).action(
    run(async (options: SettingsOptions) => {
      needData(dataFolderFor(options));
      const found = await withKeeping(settingsFor(options), io, (keeping) => keeping.verify());
      for (const sentence of found.findings) say(io, sentence);
      if (found.findings.length > 0) return 1;
      const perEvent =
        found.events === 0 ? "" : `, ${(found.bytes / found.events).toFixed(1)} bytes an event`;
      say(
        io,
        `all is well: ${countOf(found.events, "event")} in ${countOf(found.segments, "file")}${perEvent}; ${found.unsealed.toLocaleString("en")} not sealed yet`,
      );
      return 0;
    }),
  );
};
