/**
 * The writing side of the store, synchronous: the journal and the projections that follow it, in one transaction a
 * batch. Runs on the writer's thread, or inside a command while no gateway owns the folder.
 */
import type { Clock } from "../lib/clock.ts";
import type { Event } from "../model/event.ts";
import type { RejectedHit } from "../model/event-store.ts";
import type { PageLoadTable } from "../model/page-loads.ts";
import type { CounterTable, Projection, Rebuild, SessionTable, SubjectTable } from "../model/projection.ts";
import type { RecordTable } from "../model/records.ts";
import type { NewToken, TokenInfo } from "../model/token.ts";
import { createCounterTable } from "./counter-table.ts";
import { databaseFile, openDatabase } from "./database.ts";
import { type DayCount, keepDayCounts } from "./day-table.ts";
import { removeDemo } from "./demo-rows.ts";
import { unlessFull } from "./disk-trouble.ts";
import { createFollower } from "./follower.ts";
import { guardFile } from "./guard-file.ts";
import { createJournal, type Entry, pruneKeys } from "./journal.ts";
import { createPageLoadTable } from "./page-load-table.ts";
import { createPersonEvents } from "./person-events.ts";
import { createRebuilding, type Rebuilding } from "./rebuilding.ts";
import { createRecordTable } from "./record-table.ts";
import { rebuiltResults } from "./result-tables.ts";
import { readSecret } from "./secret.ts";
import { createTombstones } from "./segments/erasures.ts";
import { createHistory } from "./segments/history.ts";
import type { Wanted } from "./segments/read-history.ts";
import { performSegmentCall, type SegmentCall } from "./segments/writing.ts";
import { createSessionTable } from "./session-table.ts";
import { keepSinkPlaces, type SinkPlace } from "./sink-table.ts";
import { bodyOf, eventOf } from "./stored-event.ts";
import { createSubjectTable } from "./subject-table.ts";
import { createToken, listTokens, revokeToken } from "./tokens.ts";
import { unsynced } from "./unsynced.ts";
import { createNumbers, type People } from "./visitors.ts";
import { rememberWeights } from "./weights.ts";

export interface Tables {
  readonly sessions: SessionTable;
  readonly subjects: SubjectTable;
  readonly counters: CounterTable;
  readonly records: RecordTable;
  readonly pageLoads: PageLoadTable;
  readonly people: People;
}

export interface LedgerOptions {
  readonly dir: string;
  readonly clock: Clock;
  readonly rejectsKept: number;
  readonly rejectDays: number;
  /** The projections, in order, over the tables handed to them. */
  readonly projections: (tables: Tables) => readonly Projection[];
  /** Works the results of experiments out again, in this table. */
  readonly experimentRebuild: (tables: Tables, rebuilt: SubjectTable) => Rebuild;
  /** What the results of each experiment of the settings depend on, as text. */
  readonly definitions: () => ReadonlyMap<string, string>;
  /** How visitors are shared out among the variants of each experiment of the settings, as text. */
  readonly weights?: () => ReadonlyMap<string, string>;
  /** Where results are of other definitions, they are worked out again at once, or when the caller takes the steps. */
  readonly rebuild?: "at once" | "in steps";
}

/** Lines as `bodyOf` makes them, each an event, with the time of its key. */
export interface Batch {
  readonly lines: readonly string[];
  readonly keyTimes: readonly (number | null)[];
  readonly rejects: readonly RejectedHit[];
}

export interface Ledger {
  /** Commits a batch; answers the positions of lines that were stored before. Throws when nothing of it was kept. */
  append(batch: Batch): readonly number[];
  /** rows that the projections have yet to follow */
  pending(): number;
  /**
   * Lets the projections follow at most `limit` rows, waiting for files where events must be read out of them. Throws
   * when the disk refuses; nothing is lost by it.
   */
  follow(limit: number): void;
  /** Likewise, but waits for no file: answers whose past it lacks, and has followed nothing then. */
  tryToFollow(limit: number): readonly Wanted[];
  /** Reads that past, for the next try. Answers false where it is too much for so many rows at a time. */
  readPast(lacking: readonly Wanted[], signal: AbortSignal): Promise<boolean>;
  /** Works the results of all experiments out again from the stored events; answers how many people they hold. */
  rebuildExperiments(): number;
  /** Likewise, a step at a time, while events are taken. */
  readonly rebuilding: Rebuilding;
  /** To be called when settings have changed: results that were worked out under another definition are rebuilt. */
  followDefinitions(): void;
  /** Removes what made-up visitors left; answers how many they were. */
  removeDemo(): number;
  /** Keeps where sinks stand. */
  keepSinkPlaces(places: readonly SinkPlace[]): void;
  /** What sealing, pruning and erasing change. */
  segments(call: SegmentCall): unknown;
  createToken(token: NewToken, given?: string): string;
  listTokens(): readonly TokenInfo[];
  revokeToken(name: string): boolean;
  /** Writes how often somebody asked in a day, for daily quotas. */
  keepDayCounts(day: string, counts: readonly DayCount[], limit: number): void;
  /** Forgets keys and rejects past their life. */
  prune(): void;
  close(): void;
}

/** Rows that the projections follow in one transaction where nobody waits behind it. */
const sliceRows = 1000;

export const openLedger = (options: LedgerOptions): Ledger => {
  const db = openDatabase(options.dir);
  const checkFile = guardFile(databaseFile(options.dir));
  const journal = createJournal(db);
  const personEvents = createPersonEvents(db);
  const numbers = createNumbers(db, personEvents);
  const history = createHistory(db);
  const sessions = createSessionTable(db, history, personEvents);
  const subjects = createSubjectTable(db, history, personEvents);
  const counters = createCounterTable(db);
  const pageLoads = createPageLoadTable(db, (site) => numbers.site(site));
  const records = createRecordTable(db);
  const tombstones = createTombstones(db, () => readSecret(options.dir));
  const tables: Tables = {
    sessions,
    subjects,
    counters,
    records,
    pageLoads,
    people: {
      ...numbers,
      joinBy: (joiner, told) =>
        numbers.joinBy(joiner, [...told, { regroup: (change) => rebuilding.regroup(change) }]),
    },
  };
  const projections = options.projections(tables);
  const addReject = db.prepare(
    "INSERT INTO rejects (received_at, site, method, path, reason, sample) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const countReject = db.prepare(
    "INSERT INTO counters (site, counter, n) VALUES (?, 'rejects', 1) ON CONFLICT DO UPDATE SET n = n + 1",
  );

  const forget = () => {
    numbers.forget();
    personEvents.forget();
    sessions.forget();
    counters.forget();
    for (const projection of projections) projection.forget();
  };

  const keepReject = (r: RejectedHit): void => {
    addReject.run(r.receivedAt, r.site, r.method, r.path, r.reason, r.sample);
    countReject.run(r.site);
  };

  const follower = createFollower({
    db,
    journal,
    numbers,
    personEvents,
    counters,
    projections,
    isComplete: () => history.isComplete(),
    forget,
    onRefused: ({ event }, error) =>
      keepReject({
        site: event.property_id,
        receivedAt: event.received_at,
        method: "",
        path: "",
        reason: `store: stored, but not counted: ${error instanceof Error ? error.message : String(error)}`,
        sample: JSON.stringify(event).slice(0, 500),
      }),
  });

  const appendAll = db.transaction((batch: Batch): { doubles: number[]; entries: Entry[] } => {
    const doubles: number[] = [];
    const entries: Entry[] = [];
    for (let i = 0; i < batch.lines.length; i++) {
      const line = batch.lines[i] ?? "";
      const sent = eventOf(line);
      if (tombstones.isBuried(sent)) {
        doubles.push(i); // told as if it had been stored before: whoever it is of is not there
        continue;
      }
      const event = tombstones.hide(sent);
      const body = event === sent ? line : bodyOf(event);
      const entry = journal.append(numbers.site(event.property_id), event, batch.keyTimes[i] ?? null, body);
      if (entry) entries.push(entry);
      else doubles.push(i);
    }
    journal.write();
    for (const reject of batch.rejects) keepReject(reject);
    return { doubles, entries };
  });

  const followAll = () => {
    while (follower.pending() > 0) follower.follow(sliceRows);
  };

  /** Work that needs the projections to be where the journal is; where it fails, what is remembered may be wrong. */
  const afterFollowing = <T>(work: () => T): T => {
    followAll();
    try {
      return work();
    } catch (error) {
      forget();
      throw error;
    }
  };

  /** What the event claims is not heard: it was, when it came. */
  const knownPerson = (event: Event): number | null => {
    numbers.pause();
    const person = numbers.person(event);
    numbers.resume();
    return person;
  };
  const followers = ["index", ...projections.map(({ id }) => id)];

  const rebuilding = createRebuilding({
    db,
    history,
    rebuild: options.experimentRebuild(tables, createSubjectTable(db, history, personEvents, rebuiltResults)),
    personOf: knownPerson,
    followers,
    definitions: options.definitions,
    when: options.rebuild ?? "at once",
    followAll,
    forget,
  });
  const followDefinitions = (): void => {
    rebuilding.followDefinitions();
    rememberWeights(db, options.weights?.() ?? new Map(), options.clock());
  };
  followDefinitions();

  return {
    append(batch) {
      checkFile();
      try {
        const { doubles, entries } = appendAll.immediate(batch);
        journal.commit();
        follower.take(entries);
        return doubles;
      } catch (error) {
        journal.rollback();
        numbers.forget();
        throw error;
      }
    },
    pending: () => follower.pending(),
    // What a power cut takes of it is followed again: the rows themselves are on the disk.
    follow: (limit) => unsynced(db, () => follower.follow(limit)),
    tryToFollow: (limit) => history.attempt(() => unsynced(db, () => follower.follow(limit))),
    readPast: (lacking, signal) => history.fetch(lacking, signal),
    rebuildExperiments() {
      rebuilding.start();
      rebuilding.finish();
      return rebuilding.countPeople();
    },
    rebuilding,
    followDefinitions,
    removeDemo() {
      const removed = afterFollowing(() => removeDemo(db));
      forget();
      rebuilding.begin();
      return removed;
    },
    segments(call) {
      const perform = () => performSegmentCall({ db, personOf: knownPerson, projections: followers }, call);
      const takesPeople =
        call.kind === "erase" || call.kind === "prune" || (call.kind === "sealed" && call.erased.length > 0);
      if (!takesPeople) return perform();
      const work = () => afterFollowing(perform);
      const answer = call.kind === "prune" ? unlessFull(work) : work(); // who prunes can make room
      forget();
      rebuilding.forget();
      // What has gone through it would count, and what has not would not.
      if (call.kind === "prune" && answer !== null && rebuilding.isRunning()) rebuilding.start();
      tombstones.forget();
      history.forget();
      return answer;
    },
    keepSinkPlaces: (places) => keepSinkPlaces(db, places),
    createToken: (token, given) => createToken(db, token, options.clock(), given),
    listTokens: () => listTokens(db),
    revokeToken: (name) => revokeToken(db, name),
    keepDayCounts: (day, counts, limit) => keepDayCounts(db, day, counts, limit),
    prune() {
      const now = options.clock();
      pruneKeys(db, now, 20_000);
      pageLoads.prune(now, 20_000);
      db.prepare("DELETE FROM rejects WHERE received_at < ? OR no <= (SELECT max(no) FROM rejects) - ?").run(
        now - options.rejectDays * 86_400_000,
        options.rejectsKept,
      );
    },
    close() {
      try {
        followAll();
      } finally {
        db.close(); // what could not be followed is taken up again from the journal
      }
    },
  };
};
