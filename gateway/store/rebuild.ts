import type { Event } from "../model/event.ts";
import type { Projection } from "../model/projection.ts";
import type { Db } from "./database.ts";

/** Empties the experiment tables and follows the journal again; answers how many people the results hold. */
export const rebuildExperiments = (
  db: Db,
  personOf: (event: Event) => number | null,
  projections: readonly Projection[],
): number => {
  const read = db.prepare("SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq LIMIT 1000");
  db.transaction(() => {
    db.exec("DELETE FROM experiment_subjects; DELETE FROM experiment_subject_goals; DELETE FROM experiment_days");
    for (const projection of projections) projection.forget();
    let after = 0;
    for (;;) {
      const rows = read.all(after) as { seq: number; body: string }[];
      if (rows.length === 0) break;
      for (const { seq, body } of rows) {
        const event = JSON.parse(body) as Event; // our own line
        const person = personOf(event);
        for (const projection of projections) projection.apply({ seq, event, person });
        after = seq;
      }
    }
    for (const projection of projections) projection.flush();
  }).immediate();
  return Number(db.prepare("SELECT count(*) FROM experiment_subjects").pluck().get());
};
