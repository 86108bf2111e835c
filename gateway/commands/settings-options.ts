/** The options by which commands find the settings and the data folder. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { defaultConfig, defaultFile, type Loaded, loadConfig } from "../config/load.ts";
import { formatMistakes } from "../config/mistakes.ts";
import type { Config } from "../config/schema.ts";
import { shortPath } from "../lib/short-path.ts";
import { CommandError } from "./context.ts";

export interface SettingsOptions {
  readonly config?: string;
  readonly data?: string;
}

export const withSettingsOptions = (command: Command): Command =>
  withConfigOption(command).option(
    "-d, --data <dir>",
    "data folder (default: the one of the settings)",
    readPath,
  );

export const withConfigOption = (command: Command): Command =>
  command.option("-c, --config <file>", `settings file (default: ${defaultFile})`, readPath);

/** The path of a file or folder. An empty one is a variable of a script that is not set, and would be the working folder. */
export const readPath = (text: string): string => {
  if (text !== "") return text;
  throw new InvalidArgumentError("expected a path.");
};

/** The settings a command works with; without any file, the defaults. Mistakes in the file end the command. */
export const settingsFor = ({ config, data }: SettingsOptions): Config => {
  const overrides = data === undefined ? {} : { data };
  const hasFile = config !== undefined || existsSync(defaultFile);
  const loaded = hasFile ? loadConfig({ file: config ?? defaultFile, overrides }) : defaultConfig(overrides);
  return loadedOrThrow(loaded).config;
};

/** The data folder alone: where it is named, settings with mistakes are no hindrance. */
export const dataFolderFor = (options: SettingsOptions): string =>
  options.data === undefined ? settingsFor(options).data.dir : resolve(options.data);

export const loadedOrThrow = (loaded: Loaded): Extract<Loaded, { kind: "ok" }> => {
  if (loaded.kind === "ok") return loaded;
  const { file, mistakes } = loaded;
  // Where nothing is wrong but what the person typed, the file is not to blame. A folder that is none is no misuse.
  const isTyped = mistakes.every(({ path }) => path.startsWith("--"));
  const isMisuse = isTyped && mistakes.some(({ path }) => path !== "--data" && path !== "--static");
  throw new CommandError(
    formatMistakes(isTyped ? "command line" : shortPath(file), mistakes),
    isMisuse ? "used wrongly" : "failed",
  );
};
