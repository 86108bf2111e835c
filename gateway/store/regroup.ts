import type { Event } from "../model/event.ts";
import type { IdentityTable, Regrouped } from "../model/projection.ts";
import type { Db } from "./database.ts";
import type { PersonEvents } from "./person-events.ts";
import { eventOf } from "./stored-event.ts";

export type Regrouper = Pick<IdentityTable, "join" | "part">;

export interface RegrouperParts {
  readonly personEvents: Pick<PersonEvents, "flush">;
  readonly nodeOf: (event: Event) => { readonly no: number } | null;
  /** rows of these people must be as the events so far make them */
  readonly settle: (people: readonly number[]) => void;
  /** a visitor belongs to another person now */
  readonly moved: (visitor: number, person: number) => void;
  /** events have changed hands */
  readonly regroup: (change: Regrouped) => void;
}

/** Moves visitors, with their events, from person to person. A person has the number of one of his visitors. */
export const createRegrouper = (db: Db, parts: RegrouperParts): Regrouper => {
  // Rows of sealed events may be gone; sessions stay, and results where these were pruned.
  const first = db
    .prepare(
      `SELECT min(at) FROM (SELECT min(timestamp) AS at FROM person_events WHERE person = +:person
       UNION ALL SELECT min(started_at) FROM sessions WHERE person = +:person
       UNION ALL SELECT min(s.first_exposed_at) FROM experiment_definitions d CROSS JOIN experiment_subjects s
         ON s.experiment = d.experiment AND s.person = +:person)`,
    )
    .pluck();
  // Whom more is known of keeps the number: what is moved is never the larger part, however often people are joined.
  const size = db
    .prepare(`SELECT count(*) FROM (SELECT 1 FROM person_events WHERE person = +? LIMIT ${sizesCompared})`)
    .pluck();
  const assign = db.prepare("UPDATE visitors SET joined_to = nullif(?, no) WHERE no = +?");
  const members = db.prepare("SELECT no FROM visitors WHERE no = +? OR joined_to = +?").pluck();
  const move = db.prepare("UPDATE person_events SET person = +? WHERE person = +?");
  const moveOne = db.prepare(
    "UPDATE person_events SET person = +? WHERE person = +? AND timestamp = +? AND seq = +?",
  );
  const bodies = db.prepare(
    "SELECT timestamp, seq, body FROM person_events LEFT JOIN journal USING (seq) WHERE person = +?",
  );

  const firstAt = (person: number): number | null => first.get({ person }) as number | null;

  const siteOf = db
    .prepare("SELECT id FROM sites WHERE no = (SELECT site FROM visitors WHERE no = +?)")
    .pluck();

  const tell = (person: number, change: Omit<Regrouped, "site">): void =>
    parts.regroup({ site: String(siteOf.get(person)), ...change });

  const give = (visitor: number, person: number): void => {
    assign.run(person, visitor);
    parts.moved(visitor, person);
  };

  const joinTwo = (a: number, b: number): number => {
    const [into, from] = Number(size.get(a)) >= Number(size.get(b)) ? [a, b] : [b, a];
    const begins = [firstAt(into), firstAt(from)];
    const since = begins[0] === null || begins[1] === null ? null : Math.max(...begins.map(Number));
    if (since !== null) parts.settle([into, from]);
    for (const visitor of members.all(from, from) as number[]) give(visitor, into);
    if (since === null) return into; // nothing is worked out of the events of somebody who has none
    move.run(into, from);
    tell(into, { from: [from], to: [into], since });
    return into;
  };

  return {
    join(people) {
      parts.personEvents.flush();
      const [start, ...rest] = [...new Set(people)];
      if (start !== undefined) rest.reduce(joinTwo, start);
    },
    part(person, groups) {
      if (groups.length < 2) return;
      parts.personEvents.flush();
      parts.settle([person]);
      const keeping = groups.find((group) => group.includes(person)) ?? groups[0];
      const to = new Map<number, number>();
      for (const group of groups) {
        const number = group === keeping && group.includes(person) ? person : Math.min(...group);
        for (const visitor of group) {
          to.set(visitor, number);
          give(visitor, number);
        }
      }
      for (const row of bodies.all(person) as EventRow[]) {
        const visitor = row.body === null ? null : (parts.nodeOf(eventOf(row.body))?.no ?? null);
        const number = visitor === null ? person : (to.get(visitor) ?? person);
        if (number !== person) moveOne.run(number, person, row.timestamp, row.seq);
      }
      const now = [...new Set(to.values())];
      tell(person, { from: [person], to: now, since: Number.MIN_SAFE_INTEGER });
    },
  };
};

const sizesCompared = 10_000;

interface EventRow {
  readonly timestamp: number;
  readonly seq: number;
  /** null where it is in a sealed file by now */
  readonly body: string | null;
}
