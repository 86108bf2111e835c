/** What the tables say of experiments, in an order and under names that do not depend on what came first. */
import type { openReader } from "./store/reader.ts";

/** The person of a row of `t`, who is named by all his visitors, not by the number he happened to get. */
export const people = `(SELECT group_concat(client_id, '+' ORDER BY client_id) FROM visitors v
  WHERE v.no = t.person OR v.joined_to = t.person)`;

export const readResults = (reader: ReturnType<typeof openReader>) => {
  const rows = (sql: string) => [...reader.query(sql).rows];
  return {
    subjects: rows(`SELECT experiment, ${people}, variant, first_exposed_at, first_id, multi
      FROM experiment_subjects t ORDER BY 1, 2`),
    goals: rows(
      `SELECT experiment, ${people}, goal, n, sum_micros FROM experiment_subject_goals t ORDER BY 1, 2, 3`,
    ),
    days: rows("SELECT * FROM experiment_days ORDER BY 1, 2, 3, 4"),
  };
};
