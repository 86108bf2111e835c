/**
 * The writing side of the store, synchronous: the journal and the projections that follow it, in one transaction a
 * batch. Runs on the writer's thread, or inside a command while no gateway owns the folder.
 */
import type { Clock } from "../lib/clock.ts";
import type { Event } from "../model/event.ts";
import type { RejectedHit } from "../model/event-store.ts";
import type { CounterTable, Projection, SessionTable, SubjectTable } from "../model/projection.ts";
import { countEvent } from "./count-event.ts";
import { createCounterTable } from "./counter-table.ts";
import { codeOf, openDatabase } from "./database.ts";
import { removeDemo } from "./demo-rows.ts";
import { createJournal, pruneKeys } from "./journal.ts";
import { changedDefinitions, rebuildExperiments, rememberDefinitions } from "./rebuild.ts";
import { createSessionTable } from "./session-table.ts";
import { createSubjectTable } from "./subject-table.ts";
import { createToken, listTokens, type Role, revokeToken, type TokenInfo } from "./tokens.ts";
import { createNumbers } from "./visitors.ts";

export interface Tables {
  readonly sessions: SessionTable;
  readonly subjects: SubjectTable;
  readonly counters: CounterTable;
}

export interface LedgerOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly rejectsKept: number;
  readonly rejectDays: number;
  /** The projections, in order, over the tables handed to them. */
  readonly projections: (tables: Tables) => readonly Projection[];
  /** A projection of these experiments' results alone, to work them out again. */
  readonly experimentsOnly: (tables: Tables, keys: readonly string[]) => Projection;
  /** What the results of each experiment of the settings depend on, as text. */
  readonly definitions: () => ReadonlyMap<string, string>;
}

/** Lines of JSON, each an `Event`, with the time of its key. */
export interface Batch {
  readonly lines: readonly string[];
  readonly keyTimes: readonly (number | null)[];
  readonly rejects: readonly RejectedHit[];
}

export interface Appended {
  /** positions of lines that were stored before */
  readonly doubles: readonly number[];
  /** lines that the tables refuse: a fault of ours; kept among the rejects, and not acknowledged */
  readonly refused: readonly { readonly index: number; readonly reason: string }[];
}

export interface Ledger {
  /** Commits a batch. Throws when nothing of it was kept. */
  append(batch: Batch): Appended;
  /** Works the results of all experiments out again from the stored events; answers how many people they hold. */
  rebuildExperiments(): number;
  /** To be called when settings have changed: results that were worked out under another definition are rebuilt. */
  followDefinitions(): void;
  /** Removes what made-up visitors left; answers how many they were. */
  removeDemo(): number;
  createToken(name: string, role: Role, given?: string): string;
  listTokens(): readonly TokenInfo[];
  revokeToken(name: string): boolean;
  /** Forgets keys and rejects past their life. */
  prune(): void;
  close(): void;
}

export const openLedger = (options: LedgerOptions): Ledger => {
  const db = openDatabase(options.dir);
  const journal = createJournal(db);
  const numbers = createNumbers(db);
  const sessions = createSessionTable(db);
  const subjects = createSubjectTable(db);
  const counters = createCounterTable(db);
  const tables: Tables = { sessions, subjects, counters };
  const projections = options.projections(tables);
  const addPersonEvent = db.prepare("INSERT INTO person_events (person, timestamp, seq) VALUES (?, ?, ?)");
  const addReject = db.prepare(
    "INSERT INTO rejects (received_at, site, method, path, reason, sample) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const putOffset = db.prepare(
    "INSERT INTO offsets (projection, seq) VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq",
  );

  const forget = () => {
    journal.forget();
    numbers.forget();
    sessions.forget();
    counters.forget();
    for (const projection of projections) projection.forget();
  };

  const appendOne = (line: string, keyTime: number | null): boolean => {
    const event = JSON.parse(line) as Event; // made by our own side of the thread
    const seq = journal.append(numbers.site(event.property_id), event.id, keyTime, event.received_at, line);
    if (seq === null) return false;
    const person = numbers.person(event);
    if (person !== null) addPersonEvent.run(person, event.timestamp_utc, seq);
    countEvent(counters, event);
    for (const projection of projections) projection.apply({ seq, event, person });
    return true;
  };

  const finish = () => {
    for (const projection of projections) {
      projection.flush();
      putOffset.run(projection.id, journal.lastSeq());
    }
    counters.flush();
  };

  const appendAll = db.transaction((batch: Batch): number[] => {
    const doubles: number[] = [];
    for (let i = 0; i < batch.lines.length; i++) {
      if (!appendOne(batch.lines[i] ?? "", batch.keyTimes[i] ?? null)) doubles.push(i);
    }
    for (const r of batch.rejects) {
      addReject.run(r.receivedAt, r.site, r.method, r.path, r.reason, r.sample);
      counters.add(r.site, "rejects", 1);
    }
    finish();
    return doubles;
  });

  const orForget = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      forget();
      throw error;
    }
  };

  /** One line that the tables refuse must not take its neighbours with it: each in a transaction of its own. */
  const appendSingly = (batch: Batch): Appended => {
    const doubles: number[] = [];
    const refused: { index: number; reason: string }[] = [];
    for (let index = 0; index < batch.lines.length; index++) {
      const one = {
        lines: [batch.lines[index] ?? ""],
        keyTimes: [batch.keyTimes[index] ?? null],
        rejects: [],
      };
      try {
        if (orForget(() => appendAll.immediate(one)).length > 0) doubles.push(index);
      } catch (error) {
        if (isDiskTrouble(error)) throw error;
        refused.push({ index, reason: String(error) });
      }
    }
    const rejects = [
      ...batch.rejects,
      ...refused.map(({ index, reason }) => refusal(batch.lines[index] ?? "", reason, options.clock())),
    ];
    orForget(() => appendAll.immediate({ lines: [], keyTimes: [], rejects }));
    return { doubles, refused };
  };

  const rebuild = (keys: readonly string[]): number =>
    orForget(() => rebuildExperiments(db, keys, numbers.person, options.experimentsOnly(tables, keys)));
  const rebuildAll = () => rebuild([...options.definitions().keys()]);

  const followDefinitions = () => {
    const definitions = options.definitions();
    const changed = changedDefinitions(db, definitions);
    if (changed.length > 0) rebuild(changed);
    rememberDefinitions(db, definitions);
  };
  followDefinitions();

  return {
    append(batch) {
      try {
        return { doubles: orForget(() => appendAll.immediate(batch)), refused: [] };
      } catch (error) {
        if (isDiskTrouble(error)) throw error;
        return appendSingly(batch);
      }
    },
    rebuildExperiments: rebuildAll,
    followDefinitions,
    removeDemo() {
      const removed = orForget(() => removeDemo(db));
      forget();
      rebuildAll();
      return removed;
    },
    createToken: (name, role, given) => createToken(db, name, role, options.clock(), given),
    listTokens: () => listTokens(db),
    revokeToken: (name) => revokeToken(db, name),
    prune() {
      const now = options.clock();
      pruneKeys(db, now, 20_000);
      db.prepare("DELETE FROM rejects WHERE received_at < ? OR no <= (SELECT max(no) FROM rejects) - ?").run(
        now - options.rejectDays * 86_400_000,
        options.rejectsKept,
      );
    },
    close: () => db.close(),
  };
};

/** The disk or the file is at fault, not the batch: nothing of it was kept, and it may work later. */
export const isDiskTrouble = (error: unknown): boolean =>
  /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY|LOCKED|CORRUPT|NOTADB|NOMEM)/.test(codeOf(error));

const refusal = (line: string, reason: string, now: number): RejectedHit => {
  const site = /"property_id":"([^"]*)"/.exec(line)?.[1] ?? "";
  return {
    site,
    receivedAt: now,
    method: "",
    path: "",
    reason: `store: ${reason}`,
    sample: line.slice(0, 500),
  };
};
