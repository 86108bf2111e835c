/**
 * Works the results of experiments out again, a bounded step at a time, while events are taken and counted. Beside what
 * is shown a second set of tables is filled: all events up to one moment are gone through twice, then what has come since
 * is followed as the projection follows it. When both have come to the same place, the new set is shown. Each step is a
 * transaction with its place, so that whatever ends the process leaves the old results or the new ones, and a place to go
 * on from.
 *
 * People who are joined or parted meanwhile are left out: what is shown of them is worked out of all their events under
 * today's definitions, and taken over at the end. So are people of whom events were pruned, see `rebuilt-kept.ts`.
 */

import type { Event } from "../model/event.ts";
import type { IsKept, Rebuild, Regrouped } from "../model/projection.ts";
import type { Db } from "./database.ts";
import { rememberDefinitions } from "./definitions.ts";
import type { Part, RebuildSource } from "./rebuild-source.ts";
import { createKept } from "./rebuilt-kept.ts";
import { emptyRebuilt, keepOthers, swapResults } from "./result-tables.ts";

export interface Rebuilder {
  /** Begins, from the start. */
  start(definitions: ReadonlyMap<string, string>): void;
  /** Ends it without a result. */
  cancel(): void;
  /** the definitions it works with; null where nothing is worked out */
  definitions(): ReadonlyMap<string, string> | null;
  /** whether a step would do anything: also where only what is left over is to be removed */
  hasWork(): boolean;
  /** Has what the next step needs read out of files. */
  fetch(signal: AbortSignal): Promise<void>;
  fetchNow(): void;
  /** One transaction that goes through about so many rows; takes nothing where it must be fetched first. */
  step(rows: number): void;
  regroup(change: Regrouped): void;
  /** A transaction was rolled back, or somebody was erased. */
  forget(): void;
}

export interface RebuilderParts {
  readonly db: Db;
  readonly source: RebuildSource;
  /** reads and fills the second set of tables */
  readonly rebuild: Rebuild;
  readonly personOf: (event: Event) => number | null;
  /** the sequence up to which what is shown has followed the journal */
  readonly followed: () => number;
  /** false where events are lacking that lie in files: what the step did is taken back */
  readonly isComplete: () => boolean;
}

/** empty → keep → expose → count → follow; then empty once more, of what was shown before. */
type Phase = "empty" | "keep" | "expose" | "count" | "follow";

interface State {
  readonly phase: Phase;
  readonly place: number;
  readonly upTo: number;
  readonly definitions: string | null;
}

/** People who were joined or parted are taken over so many at a time. */
const peopleAtOnce = 200;

export const createRebuilder = (parts: RebuilderParts): Rebuilder => {
  const { db, source, rebuild } = parts;
  const read = db.prepare("SELECT phase, place, up_to AS upTo, definitions FROM experiment_rebuild");
  const put = db.prepare(
    "INSERT OR REPLACE INTO experiment_rebuild (one, phase, place, up_to, definitions) VALUES (1, ?, ?, ?, ?)",
  );
  const end = db.prepare("DELETE FROM experiment_rebuild");
  const addMoved = db.prepare("INSERT OR IGNORE INTO rebuilt_moved (person) VALUES (?)");
  const isMoved = db.prepare("SELECT 1 FROM rebuilt_moved WHERE person = +?").pluck();
  const someMoved = db.prepare(`SELECT person FROM rebuilt_moved LIMIT ${peopleAtOnce}`).pluck();
  const removeMoved = db.prepare("DELETE FROM rebuilt_moved WHERE person = +?");

  const kept = createKept(db);

  const state = (): State | null => (read.get() as State | undefined) ?? null;
  const move = (now: State, change: Partial<State>): void => {
    const next = { ...now, ...change };
    put.run(next.phase, next.place, next.upTo, next.definitions);
  };

  /** Goes through a page of events; answers the place it came to. */
  const goThrough = (
    now: State,
    rows: number,
    apply: (seq: number, event: Event, person: number, isKept: IsKept) => void,
  ): number => {
    const page = source.page(partOf(now.phase), now.place, now.upTo, rows);
    if (page === null) return now.place;
    for (const { seq, event } of page.events) {
      if (!rebuild.concerns(event)) continue;
      const person = parts.personOf(event);
      if (person === null || isMoved.get(person) !== undefined) continue;
      apply(seq, event, person, (experiment) => kept.has(experiment, person));
    }
    return page.reached;
  };

  const pass = (now: State, rows: number, next: Phase, apply: Rebuild["expose"]): void => {
    const place = goThrough(now, rows, (_, ...applied) => apply(...applied));
    if (place < now.upTo) move(now, { place });
    else move(now, { phase: next, place: next === "follow" ? now.upTo : 0 });
  };

  const takeOver = (): boolean => {
    const people = someMoved.all() as number[];
    for (const person of people) {
      rebuild.takeOver(person);
      removeMoved.run(person);
    }
    if (people.length === peopleAtOnce) return false;
    const places = kept.take(peopleAtOnce);
    for (const { experiment, person } of places) rebuild.takeOver(person, experiment);
    return places.length < peopleAtOnce;
  };

  const follow = (now: State, rows: number): void => {
    const followed = { ...now, upTo: parts.followed() };
    const place = goThrough(followed, rows, (seq, event, person, isKept) =>
      rebuild.follow({ seq, event, person }, isKept),
    );
    if (place < followed.upTo || !takeOver()) move(now, { place });
    else show(now);
  };

  const show = (now: State): void => {
    swapResults(db);
    rememberDefinitions(db, definitionsOf(now));
    move(now, { phase: "empty", place: 0, upTo: 0, definitions: null });
  };

  const empty = (now: State, rows: number): void => {
    if (!emptyRebuilt(db, rows)) return;
    if (now.definitions === null) end.run();
    else move(now, { phase: "keep" });
  };

  const keep = (now: State, rows: number): void => {
    const definitions = definitionsOf(now);
    if (!keepOthers(db, [...definitions.keys()], rows) || !kept.gather(definitions, rows)) return;
    move(now, { phase: "expose", place: 0, upTo: parts.followed() });
  };

  const perform = db.transaction((rows: number): void => {
    const now = state();
    if (now === null) return;
    if (now.phase === "empty") empty(now, rows);
    if (now.phase === "keep") keep(now, rows);
    if (now.phase === "expose") pass(now, rows, "count", rebuild.expose);
    if (now.phase === "count") pass(now, rows, "follow", rebuild.count);
    if (now.phase === "follow") follow(now, rows);
    if (!parts.isComplete()) throw new Error("store: the past of some people is yet to be read");
  });

  /** What the next step reads, if it reads events. */
  const wanted = (): readonly [Part, number, number] | null => {
    const now = state();
    if (now === null || now.phase === "empty" || now.phase === "keep") return null;
    return [partOf(now.phase), now.place, now.phase === "follow" ? parts.followed() : now.upTo];
  };

  return {
    start(definitions) {
      source.discard();
      put.run("empty", 0, 0, JSON.stringify([...definitions]));
    },
    cancel() {
      source.discard();
      if (state()) put.run("empty", 0, 0, null);
    },
    definitions() {
      const now = state();
      return now?.definitions ? definitionsOf(now) : null;
    },
    hasWork: () => state() !== null,
    async fetch(signal) {
      const what = wanted();
      if (what) await source.fetch(...what, signal);
    },
    fetchNow() {
      const what = wanted();
      if (what) source.fetchNow(...what);
    },
    step(rows) {
      // Views and triggers name the tables that change their names: they mean what has the name then.
      db.pragma("legacy_alter_table = ON");
      try {
        perform.immediate(rows);
      } catch (error) {
        source.discard(); // what was taken of it is to be taken again
        throw error;
      } finally {
        db.pragma("legacy_alter_table = OFF");
      }
    },
    regroup({ from, to }) {
      const phase = state()?.phase;
      if (phase !== "expose" && phase !== "count" && phase !== "follow") return;
      for (const person of new Set([...from, ...to])) {
        addMoved.run(person);
        rebuild.takeOut(person);
      }
    },
    forget: source.discard,
  };
};

const partOf = (phase: Phase): Part => (phase === "expose" ? "exposures" : "all");

// Written by `start`.
const definitionsOf = ({ definitions }: State): ReadonlyMap<string, string> =>
  new Map(JSON.parse(definitions ?? "[]") as [string, string][]);
