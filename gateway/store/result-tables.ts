/**
 * The results of experiments are in three tables, and there twice: what is shown, and what is being worked out again.
 * When that is done the two change their names, which takes no longer for many people than for few.
 */
import type { Db } from "./database.ts";

export interface ResultTables {
  readonly subjects: string;
  readonly goals: string;
  readonly days: string;
}

export const shownResults: ResultTables = {
  subjects: "experiment_subjects",
  goals: "experiment_subject_goals",
  days: "experiment_days",
};

export const rebuiltResults: ResultTables = {
  subjects: "rebuilt_subjects",
  goals: "rebuilt_subject_goals",
  days: "rebuilt_days",
};

/** Removes at most so many rows of what was left over; answers whether nothing is left. */
export const emptyRebuilt = (db: Db, rows: number): boolean => {
  const { subjects, goals, days } = rebuiltResults;
  let removed = 0;
  for (const [table, key] of [
    [subjects, "experiment, person"],
    [goals, "experiment, person, goal"],
  ] as const) {
    removed += db
      .prepare(`DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} LIMIT ?)`)
      .run(rows).changes;
  }
  if (removed > 0) return false;
  db.exec(`DELETE FROM ${days}; DELETE FROM rebuilt_moved; DELETE FROM rebuilt_kept`);
  return true;
};

/** Takes over what is shown of experiments that the settings no longer name; answers whether that is all. */
export const keepOthers = (db: Db, keys: readonly string[], rows: number): boolean => {
  const others = db
    .prepare(
      "SELECT experiment FROM experiment_definitions WHERE experiment NOT IN (SELECT value FROM json_each(?))",
    )
    .pluck()
    .all(JSON.stringify(keys)) as string[];
  if (others.some((experiment) => keepSome(db, experiment, rows) > 0)) return false;
  const keepDays = db.prepare(
    `INSERT INTO ${rebuiltResults.days} SELECT * FROM ${shownResults.days} WHERE experiment = ?`,
  );
  for (const experiment of others) keepDays.run(experiment);
  return true;
};

/** From the last person on that is there. */
const keepSome = (db: Db, experiment: string, rows: number): number => {
  const last = db
    .prepare(`SELECT ifnull(max(person), 0) FROM ${rebuiltResults.subjects} WHERE experiment = ?`)
    .pluck()
    .get(experiment);
  const people = db
    .prepare(
      `INSERT INTO ${rebuiltResults.subjects}
       SELECT * FROM ${shownResults.subjects} WHERE experiment = ? AND person > ? ORDER BY person LIMIT ? RETURNING person`,
    )
    .pluck()
    .all(experiment, last, rows) as number[];
  const upTo = people.reduce((most, person) => Math.max(most, person), 0);
  db.prepare(
    `INSERT INTO ${rebuiltResults.goals}
     SELECT * FROM ${shownResults.goals} WHERE experiment = ? AND person > ? AND person <= ?`,
  ).run(experiment, last, upTo);
  return people.length;
};

/** What was worked out again is shown from here on. Sums by day are few, and a view reads them by their name. */
export const swapResults = (db: Db): void => {
  for (const table of ["subjects", "goals"] as const) {
    db.exec(`
      ALTER TABLE ${shownResults[table]} RENAME TO results_aside;
      ALTER TABLE ${rebuiltResults[table]} RENAME TO ${shownResults[table]};
      ALTER TABLE results_aside RENAME TO ${rebuiltResults[table]}`);
  }
  db.exec(`
    DELETE FROM ${shownResults.days};
    INSERT INTO ${shownResults.days} SELECT * FROM ${rebuiltResults.days};
    DELETE FROM ${rebuiltResults.days}`);
};

/** How many people are in the results of these experiments. */
export const countSubjects = (db: Db, keys: readonly string[]): number =>
  Number(
    db
      .prepare(
        `SELECT count(*) FROM ${shownResults.subjects} WHERE experiment IN (SELECT value FROM json_each(?))`,
      )
      .pluck()
      .get(JSON.stringify(keys)),
  );
