import type { Command } from "commander";
import { countOf } from "../lib/count-of.ts";
import { openDatabaseReadOnly } from "../store/database.ts";
import { readManifest } from "../store/segments/manifest.ts";
import { type Context, say, warn } from "./context.ts";
import { withKeeping } from "./keeping.ts";
import { openData } from "./open-data.ts";
import { type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";

/** `turnpike seal`: how much lies in sealed files; with --now, writes there what is not. */
export const addSeal = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("seal")
      .description("show how many events lie in Parquet files, below events/ in the data folder")
      .option("--now", "write there all that has been stored so far"),
  ).action(
    run(async ({ now, ...options }: SettingsOptions & { readonly now?: true }) => {
      const config = settingsFor(options);
      if (now) {
        const {
          events,
          files,
          damaged = [],
          uncounted,
        } = await withKeeping(config, io, (keeping) => keeping.seal());
        say(io, `sealed: ${countOf(events, "event")} in ${countOf(files, "file")}`);
        for (const sentence of damaged) warn(io, `seal: ${sentence}; what comes is sealed beside it`);
        if (uncounted) warn(io, `seal: ${uncounted}`);
        return 0;
      }
      openData(options).close(); // a folder without data is told
      const db = openDatabaseReadOnly(config.data.dir);
      const { segments, state } = readManifest(db);
      const waiting = db.prepare("SELECT count(*) FROM journal WHERE seq > ?").pluck().get(state.watermark);
      db.close();
      const events = segments.reduce((sum, { rows }) => sum + rows, 0);
      const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
      say(
        io,
        `sealed: ${countOf(events, "event")} in ${countOf(segments.length, "file")}, ${countOf(bytes, "byte")}`,
      );
      say(io, `not yet: ${countOf(Number(waiting), "event")}; \`turnpike seal --now\` seals them`);
      return 0;
    }),
  );
};
