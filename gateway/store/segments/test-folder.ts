/** For tests: a data folder with a ledger that has no projections, its keeper, and what DuckDB finds in its files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import type { Event } from "../../model/event.ts";
import { newId } from "../../model/ids.ts";
import type { Rebuild } from "../../model/projection.ts";
import { type Ledger, openLedger } from "../ledger.ts";
import { openReader, type Reader } from "../reader.ts";
import { openDuck, rowsOf } from "./duck.ts";
import { createKeeper, type Keeper, type KeeperOptions } from "./keeper.ts";

export const noon = Date.UTC(2026, 0, 31, 12);

export const eventForTest = (change: Partial<Event> = {}): Event => ({
  id: newId(),
  property_id: "main",
  tracking_protocol: "native",
  type: "page",
  name: "page_view",
  timestamp_utc: noon,
  received_at: noon + 5,
  client_id: "visitor-1",
  page_path: "/pricing/",
  ...change,
});

/** A served document: it makes no visitor, even where it names one. */
export const documentForTest = (change: Partial<Event> = {}): Event => {
  const { client_id: _, ...event } = eventForTest({ type: "log", name: "document" });
  return { ...event, ...change };
};

/** Of no experiments. */
export const noRebuild: Rebuild = {
  concerns: () => false,
  expose() {},
  count() {},
  follow() {},
  takeOut() {},
  takeOver() {},
};

export interface TestFolder {
  readonly dir: string;
  readonly ledger: Ledger;
  readonly keeper: Keeper;
  /** reads sealed events, too */
  readonly reader: Reader;
  store(events: readonly Event[]): void;
  /** closes everything and opens it again, as a restart does */
  reopen(): Promise<void>;
  close(): void;
}

export const openTestFolder = (
  options: Partial<Omit<KeeperOptions, "dir" | "write">> & { readonly dir?: string } = {},
): TestFolder => {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "turnpike-seal-"));
  const clock: Clock = options.clock ?? (() => noon);
  const open = () => {
    const ledger = openLedger({
      dir,
      clock,
      rejectsKept: 10,
      rejectDays: 1,
      projections: () => [],
      experimentRebuild: () => noRebuild,
      definitions: () => new Map(),
    });
    const write: KeeperOptions["write"] = async (call) => ledger.segments(call);
    const keeper = createKeeper({ journalDays: 8, pinned: {}, clock, ...options, dir, write });
    return { ledger, keeper, reader: openReader(dir, { sealed: "wait" }) };
  };
  let parts = open();
  return {
    dir,
    get ledger() {
      return parts.ledger;
    },
    get keeper() {
      return parts.keeper;
    },
    get reader() {
      return parts.reader;
    },
    store(events) {
      const lines = events.map((event) => JSON.stringify(event));
      parts.ledger.append({ lines, keyTimes: events.map((event) => event.timestamp_utc), rejects: [] });
      while (parts.ledger.pending() > 0) parts.ledger.follow(1000);
    },
    async reopen() {
      parts.reader.close();
      parts.ledger.close();
      parts = open();
      await parts.keeper.recover();
    },
    close() {
      parts.reader.close();
      parts.ledger.close();
      if (!options.dir) rmSync(dir, { recursive: true });
    },
  };
};

/** Runs SQL over the folder as any other program would: DuckDB, a glob, nothing of the manifest. */
export const askFolder = async (
  dir: string,
  select: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const duck = await openDuck(join(dir, "spill"));
  return rowsOf(
    duck,
    `${select} FROM read_parquet('${dir}/events/**/*.parquet', union_by_name = true, hive_partitioning = true)`,
  );
};
