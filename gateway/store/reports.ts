/** The named reports over SQLite, as SQL. `:name` are the parameters. */
export const reports: Readonly<Record<string, string>> = {
  counters: "SELECT counter, sum(n) AS n FROM counters GROUP BY counter",
  "demo-visitors": "SELECT count(*) AS n FROM visitors WHERE label = 'demo'",
  outcomes: "SELECT * FROM experiment_outcomes ORDER BY experiment, goal, variant",
  // Exposed people come from the subjects where an experiment has changed its goals since.
  multiple:
    "SELECT experiment, count(*) AS people FROM experiment_subjects WHERE multi = 1 GROUP BY experiment",
  sessions: `SELECT s.*, v.client_id, v.bot FROM sessions s JOIN visitors v ON v.no = s.person
    WHERE (s.person, s.started_at, s.session_id) > (:person, :startedAt, :sessionId)
    ORDER BY s.person, s.started_at, s.session_id LIMIT :limit`,
  tokens: "SELECT lower(hex(hash)) AS hash, name, role FROM tokens",
};
