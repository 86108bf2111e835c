import { describeChanges } from "./config/describe-changes.ts";
import { type LoadOptions, loadConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { watchConfig } from "./config/watch.ts";
import type { Log } from "./lib/log.ts";

/**
 * With `--dev`: applies the settings file whenever it is saved and says what changed. A file with mistakes changes
 * nothing, and neither does what only a restart can change. Answers the function that ends it.
 */
export const followConfig = (
  file: string,
  options: LoadOptions,
  log: Log,
  initial: Config,
  apply: (config: Config) => void,
): (() => void) => {
  let current = initial;
  const watcher = watchConfig(file, () => {
    const loaded = loadConfig(options);
    if (loaded.kind === "wrong") {
      for (const { path, message } of loaded.mistakes)
        log.warn(`${file}: ${path === "" ? "" : `${path}: `}${message}`);
      log.warn(`${file}: the settings of before go on`);
      return;
    }
    const changes = describeChanges(current, loaded.config);
    if (changes.length === 0) return;
    try {
      apply(loaded.config);
    } catch (error) {
      log.warn(
        `${file}: ${error instanceof Error ? error.message : String(error)}; the settings of before go on`,
      );
      return;
    }
    current = loaded.config;
    for (const change of changes)
      log.info(`${file}: ${change}${needsRestart(change) ? " (after a restart)" : ""}`);
  });
  return () => watcher.close();
};

/** Sockets and the data folder stay what they were at the start. */
const needsRestart = (change: string): boolean => change.startsWith("listen") || change.startsWith("data");
