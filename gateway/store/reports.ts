const lifetimeValue = `SELECT currency, sum(micros) / 1e6 AS value, count(*) AS payments,
  sum(micros < 0) AS refunds, min(at) AS "firstAt", max(at) AS "lastAt" FROM payments`;

/** The named reports over SQLite, as SQL. `:name` are the parameters. */
export const reports: Readonly<Record<string, string>> = {
  counters: "SELECT counter, sum(n) AS n FROM counters GROUP BY counter",
  "demo-visitors": "SELECT count(*) AS n FROM visitors WHERE label = 'demo'",
  // What a visitor agreed to, the newest first.
  agreements:
    "SELECT seq, at, said FROM agreements WHERE site = :site AND client_id = :visitor ORDER BY at DESC, seq DESC LIMIT 100",
  "lifetime-value-order": `${lifetimeValue} WHERE site = :site AND order_id = :id GROUP BY currency`,
  "lifetime-value-user": `${lifetimeValue} WHERE site = :site AND user_id = :id GROUP BY currency`,
  "lifetime-value-visitor": `${lifetimeValue} WHERE site = :site AND client_id = :id GROUP BY currency`,
  outcomes: "SELECT * FROM experiment_outcomes ORDER BY experiment, goal, variant",
  // Exposed people come from the subjects where an experiment has changed its goals since.
  multiple:
    "SELECT experiment, count(*) AS people FROM experiment_subjects WHERE multi = 1 GROUP BY experiment",
  rejects: "SELECT * FROM rejects WHERE no > :no ORDER BY no LIMIT :limit",
  tokens: "SELECT lower(hex(hash)) AS hash, name, role FROM tokens",
};
