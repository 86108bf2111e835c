/**
 * Follows the journal: brings what was appended into the index of keys, the people's events and the projections, many
 * rows a transaction, because one page of a table then serves many of them. Each projection has an offset that is
 * committed with its rows; after a crash all go on from there.
 */
import type { CounterTable, Projection } from "../model/projection.ts";
import { countEvent } from "./count-event.ts";
import type { Db } from "./database.ts";
import { isDiskTrouble } from "./disk-trouble.ts";
import type { Entry, Journal } from "./journal.ts";
import type { PersonEvents } from "./person-events.ts";
import type { Numbers } from "./visitors.ts";

export interface Follower {
  /** Takes rows that were committed to the journal. */
  take(entries: readonly Entry[]): void;
  /** rows that were taken and not followed yet */
  pending(): number;
  /**
   * Follows at most `limit` rows. Throws when the disk refuses, or events are lacking that lie in files; what was taken is
   * kept for the next try.
   */
  follow(limit: number): void;
}

export interface FollowerParts {
  readonly db: Db;
  readonly journal: Journal;
  readonly numbers: Numbers;
  readonly personEvents: PersonEvents;
  readonly counters: CounterTable & { flush(): void };
  readonly projections: readonly Projection[];
  /** false where projections lacked events that lie in files: what they did is taken back */
  readonly isComplete: () => boolean;
  /** a transaction was rolled back */
  readonly forget: () => void;
  /** told of a row that a projection refuses: a fault of ours; the row stays in the journal */
  readonly onRefused: (entry: Entry, error: unknown) => void;
}

/** The offset of what is no projection: keys, people's events, counters. */
const base = "index";

export const createFollower = (parts: FollowerParts): Follower => {
  const { db, journal, numbers, personEvents, counters, projections } = parts;
  const offsets = readOffsets(db, [base, ...projections.map(({ id }) => id)]);
  const putOffset = db.prepare(
    "INSERT INTO offsets (projection, seq) VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq",
  );
  let queue: Entry[] = [];

  const apply = (entry: Entry): void => {
    const { seq, event } = entry;
    const person = numbers.person(event);
    if (seq > (offsets.get(base) ?? 0)) {
      if (person !== null) personEvents.add(person, event.timestamp_utc, seq);
      countEvent(counters, event);
    }
    for (const projection of projections) {
      if (seq > (offsets.get(projection.id) ?? 0)) projection.apply({ seq, event, person });
    }
  };

  const followAll = db.transaction((entries: readonly Entry[], applied: boolean) => {
    if (applied) for (const entry of entries) apply(entry);
    journal.index(entries);
    personEvents.flush();
    for (const projection of projections) projection.flush();
    counters.flush();
    for (const id of offsets.keys()) putOffset.run(id, entries.at(-1)?.seq);
    if (!parts.isComplete()) throw new Error("store: the past of some people is yet to be read");
  });

  const commit = (entries: readonly Entry[], applied = true): void => {
    try {
      followAll.immediate(entries, applied);
    } catch (error) {
      parts.forget();
      throw error;
    }
    for (const id of offsets.keys()) offsets.set(id, entries.at(-1)?.seq ?? 0);
    journal.indexed(entries);
  };

  /** One row that a projection refuses must not take its neighbours with it: each in a transaction of its own. */
  const commitSingly = (entries: readonly Entry[]): void => {
    for (const entry of entries) {
      try {
        commit([entry]);
      } catch (error) {
        if (isDiskTrouble(error) || !parts.isComplete()) throw error;
        commit([entry], false);
        parts.onRefused(entry, error);
      }
      queue = queue.slice(1);
    }
  };

  recover(parts, offsets, (entries) => {
    queue.push(...entries);
  });

  return {
    take(entries) {
      for (const entry of entries) queue.push(entry);
    },
    pending: () => queue.length,
    follow(limit) {
      const entries = queue.slice(0, limit);
      if (entries.length === 0) return;
      try {
        commit(entries);
      } catch (error) {
        if (isDiskTrouble(error) || !parts.isComplete()) throw error;
        commitSingly(entries);
        return;
      }
      queue = queue.slice(entries.length);
    },
  };
};

const readOffsets = (db: Db, ids: readonly string[]): Map<string, number> => {
  const read = db.prepare("SELECT seq FROM offsets WHERE projection = ?").pluck();
  return new Map(ids.map((id) => [id, Number(read.get(id) ?? 0)]));
};

/** Takes up again what was in the journal and not followed when the process ended. */
const recover = (
  { journal, numbers }: FollowerParts,
  offsets: ReadonlyMap<string, number>,
  take: (entries: readonly Entry[]) => void,
): void => {
  let after = Math.min(...offsets.values());
  for (;;) {
    const entries = journal.recover(after, 1000, (event) => numbers.site(event.property_id));
    if (entries.length === 0) return;
    take(entries);
    after = entries.at(-1)?.seq ?? after;
  }
};
