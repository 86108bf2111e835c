/**
 * Working out the results of experiments again, as the ledger offers it beside following the journal: when it begins, in
 * which steps it goes, and what else that is done meanwhile means for it. The work itself is the rebuilder's.
 */
import type { Event } from "../model/event.ts";
import type { Rebuild, Regrouped } from "../model/projection.ts";
import type { Db } from "./database.ts";
import { changedDefinitions, rememberDefinitions } from "./definitions.ts";
import { createRebuildSource } from "./rebuild-source.ts";
import { createRebuilder } from "./rebuilder.ts";
import { countSubjects } from "./result-tables.ts";
import type { History } from "./segments/history.ts";
import type { Wanted } from "./segments/read-history.ts";
import { unsynced } from "./unsynced.ts";

export interface Rebuilding {
  /** Begins, from the start. */
  start(): void;
  /** whether results are still to be shown */
  isRunning(): boolean;
  /** whether a step would do anything: also where only what is left over is to be removed */
  hasWork(): boolean;
  /** Has what the next step needs read out of files, while others work. */
  fetch(signal: AbortSignal): Promise<void>;
  /** Goes through about so many rows; answers whose past it lacks, and has done nothing then. */
  step(rows: number): readonly Wanted[];
  /** Takes all steps that are left. */
  finish(): void;
  /** how many people the results hold */
  countPeople(): number;
}

/** What the ledger tells it beside. */
export interface LedgerRebuilding extends Rebuilding {
  /** Begins, and takes all steps where nobody else does. */
  begin(): void;
  /** Settings have changed: results of other definitions are worked out again; what was begun under these goes on. */
  followDefinitions(): void;
  /** People were joined or parted. */
  regroup(change: Regrouped): void;
  /** A transaction was rolled back, or somebody was erased. */
  forget(): void;
}

export interface RebuildingParts {
  readonly db: Db;
  readonly history: Pick<History, "attempt" | "isComplete">;
  /** reads and fills the second set of tables */
  readonly rebuild: Rebuild;
  readonly personOf: (event: Event) => number | null;
  /** the projections whose places say how far what is shown has followed the journal */
  readonly followers: readonly string[];
  /** what the results of each experiment depend on, as text */
  readonly definitions: () => ReadonlyMap<string, string>;
  /** whether whoever begins takes the steps, or the caller of the ledger does */
  readonly when: "at once" | "in steps";
  /** Lets the projections come to where the journal is. */
  readonly followAll: () => void;
  /** What is remembered of the database may be wrong. */
  readonly forget: () => void;
}

/** Rows that are gone through in one transaction where nobody waits behind it. */
const sliceRows = 1000;

export const createRebuilding = (parts: RebuildingParts): LedgerRebuilding => {
  const { db, history, definitions, when } = parts;
  const offset = db.prepare("SELECT seq FROM offsets WHERE projection = ?").pluck();
  const rebuilder = createRebuilder({
    db,
    source: createRebuildSource(db),
    rebuild: parts.rebuild,
    personOf: parts.personOf,
    followed: () => Math.min(...parts.followers.map((id) => Number(offset.get(id) ?? 0))),
    isComplete: () => history.isComplete(),
  });

  const step = (rows: number): void => {
    try {
      unsynced(db, () => rebuilder.step(rows));
    } catch (error) {
      parts.forget();
      throw error;
    }
  };
  const start = (): void => rebuilder.start(definitions());
  const finish = (): void => {
    parts.followAll();
    while (rebuilder.hasWork()) {
      rebuilder.fetchNow();
      step(sliceRows);
    }
  };
  const begin = (): void => {
    start();
    if (when === "at once") finish();
  };

  return {
    start,
    isRunning: () => rebuilder.definitions() !== null,
    hasWork: () => rebuilder.hasWork(),
    fetch: (signal) => rebuilder.fetch(signal),
    step: (rows) => history.attempt(() => step(rows)),
    finish,
    countPeople: () => countSubjects(db, [...definitions().keys()]),
    begin,
    followDefinitions() {
      const current = definitions();
      const changed = changedDefinitions(db, current);
      rememberDefinitions(db, current, changed);
      const begun = rebuilder.definitions();
      const isOfOthers = begun !== null && JSON.stringify([...begun]) !== JSON.stringify([...current]);
      if (isOfOthers && current.size === 0) rebuilder.cancel();
      else if (isOfOthers || (begun === null && changed.size > 0)) begin();
      else if (begun !== null && when === "at once") finish();
    },
    regroup: (change) => rebuilder.regroup(change),
    forget: () => rebuilder.forget(),
  };
};
