import { dirname } from "node:path";
import type { ColumnName, Event } from "../model/event.ts";
import type { Rebuild } from "../model/projection.ts";
import type { Db } from "./database.ts";
import { readState } from "./segments/manifest.ts";
import { readSealed } from "./segments/sealed-reader.ts";
import { eventOf } from "./stored-event.ts";

/** Empties the results of these experiments and goes through all events; answers how many people they hold. */
export const rebuildExperiments = (
  db: Db,
  keys: readonly string[],
  personOf: (event: Event) => number | null,
  rebuild: Rebuild,
): number => {
  const these = "experiment IN (SELECT value FROM json_each(?))";
  const named = JSON.stringify(keys);
  return db
    .transaction(() => {
      for (const table of ["experiment_subjects", "experiment_subject_goals", "experiment_days"]) {
        db.prepare(`DELETE FROM ${table} WHERE ${these}`).run(named);
      }
      for (const event of eachEvent(db, exposureColumns, "exposure")) {
        if (event.type === "exposure") rebuild.expose({ event, person: personOf(event) });
      }
      for (const event of eachEvent(db)) rebuild.count({ event, person: personOf(event) });
      return Number(db.prepare(`SELECT count(*) FROM experiment_subjects WHERE ${these}`).pluck().get(named));
    })
    .immediate();
};

/** What must be known of an exposure, and of whom it is. */
const exposureColumns = [
  "id",
  "property_id",
  "type",
  "name",
  "timestamp_utc",
  "client_id",
  "user_id",
  "user_claim",
  "bot",
  "traffic_filter_name",
  "experiment_id",
  "variation_id",
] as const satisfies readonly ColumnName[];

/** All stored events; those in files with these columns, those in the journal where this type may stand in them. */
function* eachEvent(db: Db, columns?: readonly ColumnName[], type = ""): Generator<Event> {
  const { dropped } = readState(db);
  for (const { event } of readSealed(dirname(db.name), 0, dropped, columns)) yield event;
  const read = db.prepare(
    "SELECT seq, body FROM journal WHERE seq > ? AND (? = '' OR instr(body, ?) > 0) ORDER BY seq LIMIT 1000",
  );
  for (let after = dropped; ; ) {
    const rows = read.all(after, type, type) as { seq: number; body: string }[];
    for (const { body } of rows) yield eventOf(body);
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

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
