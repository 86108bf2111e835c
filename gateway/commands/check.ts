import type { Command } from "commander";
import { defaultFile, loadConfig } from "../config/load.ts";
import { formatMistakes, type Mistake } from "../config/mistakes.ts";
import type { Config } from "../config/schema.ts";
import { countOf } from "../lib/count-of.ts";
import { shortPath } from "../lib/short-path.ts";
import { openCertificateFiles } from "../listen/tls/certificate-files.ts";
import { claimsOf, routesOf } from "../public-paths.ts";
import { findOverlaps } from "../route/overlaps.ts";
import { refuseUnusable } from "../sink-plugins.ts";
import { type CommandError, type Context, say, warn } from "./context.ts";
import { doubtsOf } from "./doubts.ts";
import { withConfigOption } from "./settings-options.ts";

/** `turnpike check`: says that the settings are right, or all that is wrong with them. */
export const addCheck = (program: Command, { io, run }: Context): void => {
  withConfigOption(program.command("check").description("check the settings file, and start nothing")).action(
    run(async ({ config: file = defaultFile }: { config?: string }) => {
      const loaded = loadConfig({ file });
      const own = loaded.kind === "wrong" ? loaded.mistakes : [];
      const readable = loaded.kind === "wrong" ? loaded.rest : loaded;
      const mistakes = [...own, ...(readable ? await doubleChecked(readable, own) : [])];
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

/** What one setting does to another, and what only a look at a plugin shows. */
const doubleChecked = async (
  { config, folder }: { readonly config: Config; readonly folder: string },
  known: readonly Mistake[],
): Promise<Mistake[]> => {
  const isSound = (...parts: readonly string[]) =>
    !known.some(({ path }) => parts.some((part) => path.startsWith(part))); // else the same would be told twice
  const sentences = findOverlaps(claimsOf(config), routesOf(config), config.sites);
  if (isSound("tls")) sentences.push(...unusablePairs(config.tls));
  const unusable = isSound("plugins", "sinks") ? await whyUnusable(config, folder) : null;
  if (unusable !== null) sentences.push(unusable);
  return sentences.map((message) => ({ path: "", message }));
};

/** A start reads the certificates, so that one of them that is none is not met there first. */
const unusablePairs = ({ mode, files }: Config["tls"]): readonly string[] =>
  (mode === "files" ? files : []).flatMap((pair) => {
    try {
      const silent = { clock: Date.now, info: () => {}, warn: () => {} };
      void openCertificateFiles({ files: [pair], hosts: [], ...silent }).close();
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });

const whyUnusable = (config: Config, folder: string): Promise<string | null> =>
  refuseUnusable(config, folder).then(
    () => null,
    (error: CommandError) => error.message, // it rejects with nothing else
  );

const summary = ({ sites, routes, experiments }: Config): string =>
  [
    countOf(sites.length, "site"),
    countOf(routes.length, "route"),
    countOf(experiments.length, "experiment"),
  ].join(", ");
