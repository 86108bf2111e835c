/** Under which definitions the results of experiments were worked out. */
import type { Db } from "./database.ts";

/**
 * The experiments whose results are of another definition than this. One that leaves the settings is marked: what
 * happens meanwhile is not counted for it. An experiment never heard of has no exposures yet, so that there is nothing
 * to work out.
 */
export const changedDefinitions = (db: Db, current: ReadonlyMap<string, string>): ReadonlySet<string> => {
  const known = new Map(
    (db.prepare("SELECT experiment, definition FROM experiment_definitions").all() as DefinitionRow[]).map(
      (row) => [row.experiment, row.definition],
    ),
  );
  const changed = [...current].filter(([key, definition]) => known.has(key) && known.get(key) !== definition);
  return new Set(changed.map(([key]) => key));
};

/** Remembers these definitions; those that are left out count as changed until they are remembered, too. */
export const rememberDefinitions = (
  db: Db,
  current: ReadonlyMap<string, string>,
  except: ReadonlySet<string> = new Set(),
): void => {
  const put = db.prepare(
    "INSERT INTO experiment_definitions (experiment, definition) VALUES (?, ?) ON CONFLICT DO UPDATE SET definition = excluded.definition",
  );
  db.transaction(() => {
    db.prepare("UPDATE experiment_definitions SET definition = ''").run();
    for (const [key, definition] of current) if (!except.has(key)) put.run(key, definition);
  })();
};

interface DefinitionRow {
  readonly experiment: string;
  readonly definition: string;
}
