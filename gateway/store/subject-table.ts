import { addWide } from "../lib/wide-integer.ts";
import type { GoalTotal, Subject, SubjectTable } from "../model/projection.ts";
import type { Db } from "./database.ts";
import type { PersonEvents } from "./person-events.ts";
import { type ResultTables, shownResults } from "./result-tables.ts";
import type { History } from "./segments/history.ts";
import { eventOf } from "./stored-event.ts";

/** Experiment results in SQLite, per person and summed up by day of first exposure. */
export const createSubjectTable = (
  db: Db,
  history: Pick<History, "events">,
  personEvents: Pick<PersonEvents, "flush">,
  tables: ResultTables = shownResults,
): SubjectTable => {
  const subject = db.prepare(
    `SELECT variant, first_exposed_at, first_id, multi FROM ${tables.subjects} WHERE experiment = ? AND person = ?`,
  );
  const putSubject = db.prepare(`
    INSERT INTO ${tables.subjects} (experiment, person, variant, first_exposed_at, first_id, multi)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET variant = excluded.variant, first_exposed_at = excluded.first_exposed_at,
      first_id = excluded.first_id, multi = excluded.multi`);
  const goal = db
    .prepare(`SELECT n, sum_micros FROM ${tables.goals} WHERE experiment = ? AND person = ? AND goal = ?`)
    .safeIntegers();
  const putGoal = db.prepare(`
    INSERT INTO ${tables.goals} (experiment, person, goal, n, sum_micros) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET n = excluded.n, sum_micros = excluded.sum_micros`);
  const dropSubject = db.prepare(`DELETE FROM ${tables.subjects} WHERE experiment = ? AND person = ?`);
  const dropGoals = db.prepare(`DELETE FROM ${tables.goals} WHERE experiment = ? AND person = ?`);
  const dropGoal = db.prepare(`DELETE FROM ${tables.goals} WHERE experiment = ? AND person = ? AND goal = ?`);
  const events = db
    .prepare(
      // `+?`: see the session table; otherwise it is planned anew for each value.
      `SELECT body FROM person_events JOIN journal USING (seq)
       WHERE person = +? AND timestamp >= +? AND timestamp < +? AND seq <= +?`,
    )
    .pluck();
  const day = db
    .prepare(`SELECT * FROM ${tables.days} WHERE experiment = ? AND variant = ? AND goal = ? AND day = ?`)
    .safeIntegers();
  const putDay = db.prepare(`
    INSERT INTO ${tables.days} (experiment, variant, goal, day, exposed, converted, sum_micros, squares_hi, squares_lo)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET exposed = excluded.exposed, converted = excluded.converted,
      sum_micros = excluded.sum_micros, squares_hi = excluded.squares_hi, squares_lo = excluded.squares_lo`);
  const prunedBefore = db.prepare("SELECT max(before) FROM pruned WHERE site IN ('', ?)").pluck();
  const dropDay = db.prepare(
    `DELETE FROM ${tables.days} WHERE experiment = ? AND variant = ? AND goal = ? AND day = ?`,
  );

  return {
    subject(experiment, person) {
      const row = subject.get(experiment, person) as
        | { variant: string; first_exposed_at: number; first_id: string; multi: number }
        | undefined;
      if (!row) return null;
      return {
        variant: row.variant,
        firstExposedAt: row.first_exposed_at,
        firstId: row.first_id,
        multi: row.multi === 1,
      } satisfies Subject;
    },
    putSubject: (experiment, person, s) =>
      void putSubject.run(experiment, person, s.variant, s.firstExposedAt, s.firstId, s.multi ? 1 : 0),
    goal(experiment, person, key) {
      const row = goal.get(experiment, person, key) as { n: bigint; sum_micros: bigint } | undefined;
      return row ? ({ n: Number(row.n), sumMicros: row.sum_micros } satisfies GoalTotal) : null;
    },
    putGoal(experiment, person, key, total) {
      if (total.n === 0) dropGoal.run(experiment, person, key);
      else putGoal.run(experiment, person, key, total.n, total.sumMicros);
    },
    drop(experiment, person) {
      dropSubject.run(experiment, person);
      dropGoals.run(experiment, person);
    },
    events(person, fromAt, toAt, upToSeq) {
      personEvents.flush();
      return [
        ...history.events(person, fromAt, toAt, upToSeq),
        ...(events.all(person, fromAt, toAt, upToSeq) as string[]).map(eventOf),
      ];
    },
    prunedBefore: (site) => prunedBefore.get(site) as number | null,
    change(c) {
      const key = [c.experiment, c.variant, c.goal, c.day] as const;
      const row = (day.get(...key) as DayRow | undefined) ?? noDay;
      const exposed = row.exposed + BigInt(c.exposed);
      const squares = addWide({ hi: row.squares_hi, lo: row.squares_lo }, c.squares);
      if (exposed === 0n) return void dropDay.run(...key);
      putDay.run(
        ...key,
        exposed,
        row.converted + BigInt(c.converted),
        wrap(row.sum_micros + c.sumMicros),
        squares.hi,
        squares.lo,
      );
    },
  };
};

interface DayRow {
  readonly exposed: bigint;
  readonly converted: bigint;
  readonly sum_micros: bigint;
  readonly squares_hi: bigint;
  readonly squares_lo: bigint;
}

const noDay: DayRow = { exposed: 0n, converted: 0n, sum_micros: 0n, squares_hi: 0n, squares_lo: 0n };

// Hostile amounts may overflow 64 bits: a wrong sum, the same in any order, and never an error that stops the writer.
const wrap = (n: bigint): bigint => BigInt.asIntN(64, n);
