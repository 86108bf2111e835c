import type { Reloaded } from "./api/admin.ts";
import { describeChanges } from "./config/describe-changes.ts";
import { type LoadOptions, loadConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { watchConfig } from "./config/watch.ts";
import type { Log } from "./lib/log.ts";

export interface ReloadOptions {
  /** named in what is said; null where the settings come from the command line alone */
  readonly file: string | null;
  readonly load: LoadOptions;
  readonly initial: Config;
  /** Looks at what only a try can show; rejects with one sentence, and nothing changes. */
  readonly tryOut: (config: Config) => Promise<void>;
  /** Lets requests from now on follow the settings; throws where they cannot, and nothing changes. */
  readonly apply: (config: Config) => void;
  readonly log: Log;
}

/**
 * Reads the settings again and applies them, one reload after the other. A file with mistakes changes nothing, and
 * neither does what only a restart can change; both are said.
 */
export const createReload = ({
  file,
  load,
  initial,
  tryOut,
  apply,
  log,
}: ReloadOptions): (() => Promise<Reloaded>) => {
  const name = file ?? "settings";
  let current = initial;
  let wasRefused = false;
  let last: Promise<unknown> = Promise.resolve();

  const refuse = (mistakes: readonly string[]): Reloaded => {
    for (const mistake of mistakes) log.warn(`${name}: ${mistake}`);
    log.warn(`${name}: the settings of before go on`);
    wasRefused = true;
    return { kind: "refused", mistakes };
  };

  const reload = async (): Promise<Reloaded> => {
    const loaded = loadConfig(load);
    if (loaded.kind === "wrong") {
      return refuse(
        loaded.mistakes.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)),
      );
    }
    const waiting = new Set(describeChanges(initial, loaded.config).map(partOf));
    const changes = describeChanges(current, loaded.config).map((change) => {
      if (!needsRestart(change)) return change;
      return `${change} (${waiting.has(partOf(change)) ? "after a restart" : "as it runs"})`;
    });
    // Without a change as well: files that they name, such as the authorities of clients, are read again.
    try {
      await tryOut(loaded.config);
      apply(loaded.config);
    } catch (error) {
      return refuse([error instanceof Error ? error.message : String(error)]);
    }
    current = loaded.config;
    // Whoever has mended the file would otherwise wait for a word.
    if (wasRefused && changes.length === 0) log.info(`${name}: ok again, nothing changed`);
    wasRefused = false;
    for (const change of changes) log.info(`${name}: ${change}`);
    return { kind: "changed", changes };
  };

  return () => {
    const done = last.then(reload);
    last = done.catch(() => {}); // whoever asked is told
    return done;
  };
};

/** With `--dev`: reloads whenever the file is saved. Answers the function that ends it. */
export const reloadOnSave = (file: string, reload: () => unknown): (() => void) => {
  const watcher = watchConfig(file, () => void reload());
  return () => watcher.close();
};

/** Reloads at SIGHUP. Answers the function that ends it. */
export const reloadOnSignal = (reload: () => unknown): (() => void) => {
  const listen = () => void reload();
  process.on("SIGHUP", listen);
  return () => process.off("SIGHUP", listen);
};

/** The part of the settings that a line speaks of. */
const partOf = (change: string): string => change.slice(0, change.indexOf(": "));

/** Sockets, processes, the data folder and the line in front of it stay what they were at the start. */
const needsRestart = (change: string): boolean =>
  [
    "listen",
    "tls",
    "data",
    "workers",
    "limits.headerBytes",
    "limits.headerSeconds",
    "limits.keepAliveSeconds",
    "limits.stalledSeconds",
    "limits.addresses",
    "limits.pending",
    "limits.store",
  ].some((part) => change.startsWith(part));
