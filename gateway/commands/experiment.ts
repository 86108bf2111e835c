import type { Command } from "commander";
import { type Context, say } from "./context.ts";
import { type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";
import { withWriting } from "./writing.ts";

/** `turnpike experiment rebuild`: works the results out again from the stored events. */
export const addExperiment = (program: Command, { io, run }: Context): void => {
  const experiment = program.command("experiment").description("look after the results of experiments");
  withSettingsOptions(
    experiment.command("rebuild").description("work all results out again from the stored events"),
  ).action(
    run(async (options: SettingsOptions) => {
      const people = await withWriting(settingsFor(options), io, (w) => w.rebuildExperiments());
      say(io, `experiments rebuilt: ${people} ${people === 1 ? "person" : "people"} in the results`);
      return 0;
    }),
  );
};
