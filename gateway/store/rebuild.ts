import { dirname } from "node:path";
import type { Event } from "../model/event.ts";
import type { Projection } from "../model/projection.ts";
import type { Db } from "./database.ts";
import { readState } from "./segments/manifest.ts";
import { readSealed } from "./segments/sealed-reader.ts";
import { eventOf } from "./stored-event.ts";

/** Empties the results of these experiments and follows the journal again; answers how many people they hold. */
export const rebuildExperiments = (
  db: Db,
  keys: readonly string[],
  personOf: (event: Event) => number | null,
  projection: Projection,
): number => {
  const these = "experiment IN (SELECT value FROM json_each(?))";
  const named = JSON.stringify(keys);
  const read = db.prepare("SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq LIMIT 1000");
  return db
    .transaction(() => {
      for (const table of ["experiment_subjects", "experiment_subject_goals", "experiment_days"]) {
        db.prepare(`DELETE FROM ${table} WHERE ${these}`).run(named);
      }
      const { dropped } = readState(db);
      for (const { seq, event } of readSealed(dirname(db.name), 0, dropped)) {
        projection.apply({ seq, event, person: personOf(event) });
      }
      for (let after = dropped, rows = page(read.all(after)); rows.length > 0; rows = page(read.all(after))) {
        for (const { seq, body } of rows) {
          const event = eventOf(body);
          projection.apply({ seq, event, person: personOf(event) });
          after = seq;
        }
      }
      projection.flush();
      return Number(db.prepare(`SELECT count(*) FROM experiment_subjects WHERE ${these}`).pluck().get(named));
    })
    .immediate();
};

const page = (rows: unknown[]): readonly { seq: number; body: string }[] =>
  rows as { seq: number; body: string }[];

/**
 * Remembers under which definitions the results were worked out, and answers the experiments whose results are of
 * another one. One that leaves the settings is marked: what happens meanwhile is not counted for it. An experiment
 * never heard of has no exposures yet, so that there is nothing to work out.
 */
export const changedDefinitions = (db: Db, current: ReadonlyMap<string, string>): readonly string[] => {
  const known = new Map(
    (db.prepare("SELECT experiment, definition FROM experiment_definitions").all() as DefinitionRow[]).map(
      (row) => [row.experiment, row.definition],
    ),
  );
  const changed = [...current].filter(([key, definition]) => known.has(key) && known.get(key) !== definition);
  return changed.map(([key]) => key);
};

/** To be called once the results follow these definitions. */
export const rememberDefinitions = (db: Db, current: ReadonlyMap<string, string>): void => {
  const put = db.prepare(
    "INSERT INTO experiment_definitions (experiment, definition) VALUES (?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition",
  );
  db.transaction(() => {
    db.prepare("UPDATE experiment_definitions SET definition = ''").run();
    for (const [key, definition] of current) put.run(key, definition);
  })();
};

interface DefinitionRow {
  readonly experiment: string;
  readonly definition: string;
}
