import type { Command } from "commander";
import { claimsOf, routesOf } from "../public-paths.ts";
import { describeRoutes } from "../route/overlaps.ts";
import { type Context, say } from "./context.ts";
import { type SettingsOptions, settingsFor, withConfigOption } from "./settings-options.ts";
import { alignTable } from "./table.ts";

/** `turnpike routes`: who answers what. */
export const addRoutes = (program: Command, { io, run }: Context): void => {
  withConfigOption(program.command("routes").description("show who answers which host and path")).action(
    run((options: SettingsOptions) => {
      const config = settingsFor(options);
      const rows = describeRoutes(claimsOf(config), routesOf(config), config.sites);
      const lines = rows.map((row) => [row.hosts, row.path, row.answeredBy]);
      say(io, alignTable([["HOST", "PATH", "ANSWERED BY"], ...lines]));
      if (!config.routes.some((route) => route.path === "/")) say(io, "Any other path is answered with 404.");
      return 0;
    }),
  );
};
