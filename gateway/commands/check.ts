import type { Command } from "commander";
import { defaultFile, loadConfig } from "../config/load.ts";
import { formatMistakes } from "../config/mistakes.ts";
import type { Config } from "../config/schema.ts";
import { shortPath } from "../lib/short-path.ts";
import { claimsOf, routesOf } from "../public-paths.ts";
import { findOverlaps } from "../route/overlaps.ts";
import { type Context, say, warn } from "./context.ts";
import { doubtsOf } from "./doubts.ts";

/** `turnpike check`: says that the settings are right, or all that is wrong with them. */
export const addCheck = (program: Command, { io, run }: Context): void => {
  program
    .command("check")
    .description("check the settings file, and start nothing")
    .option("-c, --config <file>", "settings file", defaultFile)
    .action(
      run(({ config: file }: { config: string }) => {
        const loaded = loadConfig({ file });
        const mistakes =
          loaded.kind === "wrong"
            ? loaded.mistakes
            : overlapsOf(loaded.config).map((message) => ({ path: "", message }));
        if (loaded.kind === "wrong" || mistakes.length > 0) {
          warn(io, formatMistakes(shortPath(file), mistakes));
          return 1;
        }
        for (const doubt of doubtsOf(loaded.config)) warn(io, `${shortPath(file)}: ${doubt}`);
        say(io, `${shortPath(file)}: ok: ${summary(loaded.config)}`);
        return 0;
      }),
    );
};

const overlapsOf = (config: Config): string[] =>
  findOverlaps(claimsOf(config), routesOf(config), config.sites);

const summary = ({ sites, routes, experiments }: Config): string =>
  [count(sites.length, "site"), count(routes.length, "route"), count(experiments.length, "experiment")].join(
    ", ",
  );

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
