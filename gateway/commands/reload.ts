import type { Command } from "commander";
import { findOwner } from "../store/owner.ts";
import { CommandError, type Context, say, warn } from "./context.ts";
import { ownerCall } from "./owner-call.ts";
import { dataFolderFor, type SettingsOptions, withSettingsOptions } from "./settings-options.ts";

/** `turnpike reload`: lets the running gateway read its settings again. */
export const addReload = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program.command("reload").description("let the running gateway follow its settings file, as saved"),
  ).action(
    run(async (options: SettingsOptions) => {
      const dir = dataFolderFor(options);
      const owner = await findOwner(dir);
      if (!owner) throw new CommandError(`no gateway runs on ${dir}: the settings are read when one starts`);
      const { status, body } = await ownerCall(dir, owner, io.env)("POST", "/api/reload");
      const { changes = [], mistakes = [] } = body as { changes?: string[]; mistakes?: string[] }; // of our own API
      if (status !== 200) {
        for (const mistake of mistakes) warn(io, mistake);
        throw new CommandError("the settings of before go on");
      }
      for (const change of changes) say(io, change);
      if (changes.length === 0) say(io, "nothing has changed");
      return 0;
    }),
  );
};
