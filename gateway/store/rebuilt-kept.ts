/**
 * People whose results stay as they are when results are worked out again: events of the time in which they first saw a
 * variant were pruned, so that nothing could be found out anew. That holds under the definition the results were worked
 * out with; under another one nobody can say what these people did, and they leave.
 */
import type { Db } from "./database.ts";

export interface Kept {
  /** Finds about so many more of them; answers whether that is all. */
  gather(definitions: ReadonlyMap<string, string>, rows: number): boolean;
  has(experiment: string, person: number): boolean;
  /** At most so many of them, who are none any more. */
  take(limit: number): readonly Place[];
}

interface Place {
  readonly experiment: string;
  readonly person: number;
}

export const createKept = (db: Db): Kept => {
  const has = db.prepare("SELECT 1 FROM rebuilt_kept WHERE experiment = ? AND person = +?").pluck();
  const some = db.prepare("SELECT experiment, person FROM rebuilt_kept LIMIT ?");
  const remove = db.prepare("DELETE FROM rebuilt_kept WHERE experiment = ? AND person = +?");
  const isPruned = db.prepare("SELECT 1 FROM pruned LIMIT 1").pluck();
  // Made-up visitors that were removed are in the results until these are worked out again.
  const gatherSome = db.prepare(
    `INSERT INTO rebuilt_kept SELECT s.experiment, s.person FROM experiment_subjects s
     WHERE s.experiment = :experiment AND s.person > :last
       AND s.first_exposed_at < (SELECT max(before) FROM pruned WHERE site IN ('', :site))
       AND EXISTS (SELECT 1 FROM visitors v WHERE v.no = s.person)
     ORDER BY s.person LIMIT :rows`,
  );
  const last = db.prepare("SELECT ifnull(max(person), 0) FROM rebuilt_kept WHERE experiment = ?").pluck();
  const known = db.prepare("SELECT definition FROM experiment_definitions WHERE experiment = ?").pluck();

  return {
    gather(definitions, rows) {
      if (isPruned.get() === undefined) return true;
      for (const [experiment, definition] of definitions) {
        if (known.get(experiment) !== definition) continue;
        const site = siteOf(definition);
        const { changes } = gatherSome.run({ experiment, site, rows, last: last.get(experiment) });
        if (changes > 0) return false;
      }
      return true;
    },
    has: (experiment, person) => has.get(experiment, person) !== undefined,
    take(limit) {
      const places = some.all(limit) as Place[];
      for (const { experiment, person } of places) remove.run(experiment, person);
      return places;
    },
  };
};

/** A definition is text of JSON that names the experiment's site. */
const siteOf = (definition: string): string => String((JSON.parse(definition) as { site?: unknown }).site);
