/**
 * The data folder as the rest of the program sees it, in its own hands or in another's. While it changes hands, events wait
 * in line, as many as the settings allow; reads go on.
 */
import type { DataSide } from "./data-side.ts";
import { createGroupCommit, type LineLimits, type Outcome } from "./store/group-commit.ts";
import type { Batch } from "./store/ledger.ts";
import { openReader } from "./store/reader.ts";
import type { NotedKeeper } from "./store/segments/noted-trouble.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

export interface HandedData {
  readonly store: SqliteStore;
  readonly keeper: () => NotedKeeper;
  announce(admin: string): void;
  /** Gives the folder up; events go to `deliver` from now on. */
  give(deliver: (batch: Batch) => Promise<Outcome>): Promise<void>;
  /**
   * Takes the folder again; rejects with one sentence when another process has it. Events are stored whatever keeps from
   * starting what runs beside: that is answered, or null.
   */
  takeBack(): Promise<Error | null>;
  close(): Promise<void>;
}

export interface HandedOptions {
  readonly dir: string;
  /** of what waits; beyond them `append` refuses */
  readonly limits: LineLimits;
  readonly open: () => Promise<DataSide>;
  /** Starts what only the owner of the folder may do beside writing, such as handing events on. */
  readonly openBeside: (store: SqliteStore) => Promise<Beside>;
}

export interface Beside {
  close(): Promise<void> | void;
}

export const openHandedData = async (options: HandedOptions): Promise<HandedData> => {
  const open = async (): Promise<readonly [DataSide, Beside]> => {
    const side = await options.open();
    try {
      return [side, await options.openBeside(side.store)];
    } catch (error) {
      await side.close();
      throw error;
    }
  };
  let [side, beside] = await open();
  let store = side.store;
  let admin = "";
  return {
    store: standFor(() => store),
    keeper: () => side.keeper,
    announce(address) {
      admin = address;
      side.announce(address);
    },
    async give(deliver) {
      await beside.close();
      store = openElsewhere(options, deliver);
      await side.close();
    },
    async takeBack() {
      const elsewhere = store;
      side = await options.open();
      store = side.store;
      beside = { close() {} };
      side.announce(admin);
      void elsewhere.close(); // once its line is empty
      try {
        beside = await options.openBeside(side.store);
        return null;
      } catch (error) {
        return error instanceof Error ? error : new Error(String(error));
      }
    },
    async close() {
      await beside.close();
      await store.close();
      await side.close();
    },
  };
};

/** A store whose every use is one of the store in force at that moment. */
const standFor = (store: () => SqliteStore): SqliteStore => ({
  append: (events) => store().append(events),
  appendLines: (lines, keyTimes) => store().appendLines(lines, keyTimes),
  reject: (hit) => store().reject(hit),
  trouble: () => store().trouble(),
  perSecond: (now) => store().perSecond(now),
  pending: () => store().pending(),
  commits: () => store().commits(),
  read: (after, limit) => store().read(after, limit),
  report: (name, parameters) => store().report(name, parameters),
  call: (what) => store().call(what),
  configure: (settings) => store().configure(settings),
  get reader() {
    return store().reader;
  },
  close: () => store().close(),
});

const openElsewhere = (
  { dir, limits }: HandedOptions,
  deliver: (batch: Batch) => Promise<Outcome>,
): SqliteStore => {
  const reader = openReader(dir);
  const line = createGroupCommit({
    limits,
    post: (batch) => void deliver(batch).then(line.settle),
    onTrouble: () => {}, // the process that has the folder says it
  });
  return {
    ...line,
    commits: () => ({ count: 0, seconds: 0 }), // they are those of the other process
    reader,
    read: (after, limit) => reader.read(after, limit),
    report: async (name, parameters) => reader.report(name, parameters),
    call: () => Promise.reject(new Error("another process takes over the data folder: ask again")),
    configure: () => {},
    async close() {
      await line.drained();
      reader.close();
    },
  };
};
