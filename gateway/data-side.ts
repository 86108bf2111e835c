/** What the owner of a data folder has: the lock, the store with its writer's thread, and what seals and prunes. */
import { existsSync } from "node:fs";
import type { Config } from "./config/schema.ts";
import type { DevOutput } from "./dev-output.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { removeUnfinished } from "./lib/remove-unfinished.ts";
import { pinnedOf } from "./pinned-columns.ts";
import type { ProjectionSettings } from "./projected-ledger.ts";
import { takeOwnershipAfterCommands } from "./store/owner.ts";
import { secretFile } from "./store/secret.ts";
import { createKeeper } from "./store/segments/keeper.ts";
import { type NotedKeeper, noteTrouble } from "./store/segments/noted-trouble.ts";
import { startSchedule } from "./store/segments/schedule.ts";
import { openSqliteStore, type SqliteStore } from "./store/sqlite-store.ts";
import { startWriterAhead, type WriterAhead } from "./writer-ahead.ts";

export interface DataSide {
  readonly store: SqliteStore;
  readonly keeper: NotedKeeper;
  /** Says where the admin listener is, for commands that must go through the owner. */
  announce(admin: string): void;
  /** Stores what was taken, then gives the folder back. */
  close(): Promise<void>;
}

/** Takes the folder; rejects with one sentence when it cannot, and holds nothing then. The writer begins at once. */
export const openDataSide = async (
  config: Config,
  output: Pick<DevOutput, "stored"> | null,
  log: Log,
  writer: WriterAhead = startWriterAhead(),
): Promise<DataSide> => {
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const ownership = await takeOwnershipAfterCommands(config.data.dir, (sentence) => log.warn(sentence));
    closers.push(() => ownership.release());
    removeUnfinished(config.data.dir);
    const tell = (error: unknown): void => log.warn(error instanceof Error ? error.message : String(error));
    // A thread that ends between a file's renaming and its transaction leaves what a crash leaves.
    const recover = (): void => void keeper.recover().catch(tell);
    const hasSecret = existsSync(secretFile(config.data.dir));
    const store = await openStore(config, output, log, writer, recover);
    closers.push(() => store.close());
    if (!hasSecret && store.reader.lastSeq() > 0) log.warn(lostSecret(secretFile(config.data.dir)));
    const keeper = openKeeper(config, store);
    closers.push(() => keeper.close());
    closers.push(
      startSchedule({
        ...config.data,
        keeper,
        clock: systemClock,
        onError: tell,
      }),
    );
    return { store, keeper, announce: (admin) => ownership.announce(admin), close };
  } catch (error) {
    await close();
    throw error;
  }
};

const lostSecret = (file: string): string =>
  `store: ${file} is gone, though turnpike.db has events: a new one is made, with which late events of erased visitors are not known as theirs, codes that visitors shared lead to nobody, and who is logged in to the dashboard must log in again; if you have it in a backup, stop, put it back and start again`;

/** What the writer's thread must know of the settings. */
export const projectionSettings = (config: Config): ProjectionSettings => ({
  dir: config.data.dir,
  rejectsKept: config.data.rejectsKept,
  rejectDays: config.data.rejectDays,
  sites: config.sites.map(({ id, sessions }) => ({ id, sessions })),
  experiments: config.experiments,
});

const openStore = (
  config: Config,
  output: Pick<DevOutput, "stored"> | null,
  log: Log,
  writer: WriterAhead,
  onWriterBack: () => void,
): Promise<SqliteStore> => {
  let ahead: WriterAhead | null = writer; // good for one thread
  return openSqliteStore({
    dir: config.data.dir,
    limits: config.limits,
    settings: projectionSettings(config),
    startWriter(settings) {
      const one = ahead ?? startWriterAhead();
      ahead = null;
      return one.begin(settings as ProjectionSettings); // those above, or what `configure` was given
    },
    onWriterLost: (error, againMs) =>
      log.error(
        `store: the writer's thread has ended (${error.message}): another is started in ${againMs / 1000} s`,
        error,
      ),
    onWriterBack,
    onTrouble: (trouble) =>
      trouble
        ? log.warn(`${trouble}; events are refused with 503 until it is over`)
        : log.info("store: events are stored again"),
    ...(output ? { onStored: output.stored } : {}),
  });
};

const openKeeper = ({ data, ...config }: Config, store: SqliteStore): NotedKeeper =>
  noteTrouble(
    createKeeper({
      dir: data.dir,
      clock: systemClock,
      write: (what) => store.call({ kind: "segments", what }),
      journalDays: data.journalDays,
      pinned: pinnedOf(config),
    }),
  );
