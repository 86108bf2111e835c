/** Since when the visitors of each experiment are shared out as they are now. */
import type { Db } from "./database.ts";

/** What the settings say now. An experiment that left them keeps what it had: nobody is shared out meanwhile. */
export const rememberWeights = (db: Db, current: ReadonlyMap<string, string>, now: number): void => {
  const read = db.prepare("SELECT weights FROM experiment_weights WHERE experiment = ?").pluck();
  const hasPeople = db.prepare("SELECT 1 FROM experiment_subjects WHERE experiment = ? LIMIT 1");
  const put = db.prepare(
    "INSERT OR REPLACE INTO experiment_weights (experiment, weights, since) VALUES (?, ?, ?)",
  );
  const change = db.prepare("INSERT OR IGNORE INTO experiment_changes (experiment, at) VALUES (?, ?)");
  db.transaction(() => {
    for (const [key, weights] of current) {
      const before = read.get(key);
      if (before === weights) continue;
      const isChange = before !== undefined && hasPeople.get(key) !== undefined;
      put.run(key, weights, isChange ? now : 0);
      if (isChange) change.run(key, now);
    }
  })();
};

/**
 * A report: of experiments whose weights have changed, who first saw a variant after the day of the last change. On that
 * day itself both hold.
 */
export const splitReport = `SELECT w.experiment, date(w.since / 1000, 'unixepoch') AS since, d.variant, d.goal,
    ifnull(sum(d.exposed), 0) AS exposed
  FROM experiment_weights w LEFT JOIN experiment_days d
    ON d.experiment = w.experiment AND d.day > date(w.since / 1000, 'unixepoch')
  WHERE w.since > 0 GROUP BY w.experiment, d.variant, d.goal ORDER BY w.experiment, d.goal, d.variant`;

/**
 * A report: of the same experiments, what the people did who first saw a variant between two changes. The days of the
 * changes are left out, on which both weights held.
 */
export const phasesReport = `SELECT d.experiment, d.variant, d.goal,
    (SELECT count(*) FROM experiment_changes c
      WHERE c.experiment = d.experiment AND date(c.at / 1000, 'unixepoch') < d.day) AS phase,
    sum(d.exposed) AS exposed, sum(d.converted) AS converted,
    total(d.sum_micros) / 1e6 AS value_sum,
    (total(d.squares_hi) * 1152921504606846976.0 + total(d.squares_lo)) / 1e12 AS value_sum_squares
  FROM experiment_days d WHERE d.experiment IN (SELECT experiment FROM experiment_changes)
    AND d.day NOT IN (
      SELECT date(c.at / 1000, 'unixepoch') FROM experiment_changes c WHERE c.experiment = d.experiment)
  GROUP BY d.experiment, d.variant, d.goal, phase ORDER BY d.experiment, phase, d.goal, d.variant`;

/** A report: what visitors were shared out by, of every experiment that there was. */
export const weightsReport = "SELECT experiment, weights, since FROM experiment_weights";

/** A report: the variants that a visitor saw first, or who is known to be the same person. */
export const shownReport = `SELECT s.experiment, s.variant FROM sites t
  CROSS JOIN visitors v ON v.site = t.no AND v.client_id = :visitor AND v.bot = 0
  CROSS JOIN experiment_weights w
  CROSS JOIN experiment_subjects s ON s.experiment = w.experiment AND s.person = ifnull(v.joined_to, v.no)
  WHERE t.id = :site`;
