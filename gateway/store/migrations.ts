/**
 * The schema, as numbered steps. A step is never edited once released: a change is a new step at the end.
 * `PRAGMA user_version` says how many a file has.
 *
 * Keys lead with time or with numbers given in order, so that inserts touch few pages.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE sites (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;

  -- The events as they were acknowledged; seq is given by the writer and never used again.
  CREATE TABLE journal (seq INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, key_time INTEGER,
    body TEXT NOT NULL) STRICT;

  -- What makes an event one event: (site, key_time, id), or (site, id) where nothing gives a time.
  CREATE TABLE seen (site INTEGER NOT NULL, key_time INTEGER NOT NULL, id BLOB NOT NULL,
    PRIMARY KEY (site, key_time, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE untimed_ids (site INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (site, id)) STRICT, WITHOUT ROWID;

  CREATE TABLE rejects (no INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, site TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, reason TEXT NOT NULL, sample TEXT NOT NULL) STRICT;

  -- A visitor and a bot under the same id are two.
  CREATE TABLE visitors (no INTEGER PRIMARY KEY, site INTEGER NOT NULL, client_id TEXT NOT NULL,
    bot INTEGER NOT NULL, label TEXT, UNIQUE (site, client_id, bot)) STRICT;
  CREATE INDEX visitors_labelled ON visitors (label) WHERE label IS NOT NULL;
  CREATE TABLE person_events (person INTEGER NOT NULL, timestamp INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (person, timestamp, seq)) STRICT, WITHOUT ROWID;

  CREATE TABLE sessions (person INTEGER NOT NULL, started_at INTEGER NOT NULL, session_id TEXT NOT NULL,
    ended_at INTEGER NOT NULL, last_sequence INTEGER NOT NULL, last_id TEXT NOT NULL,
    events INTEGER NOT NULL, page_views INTEGER NOT NULL, entry_page TEXT, exit_page TEXT,
    source TEXT, medium TEXT, campaign TEXT, last_campaign TEXT, last_user_id TEXT, referrer TEXT,
    split_cause TEXT, site TEXT NOT NULL,
    PRIMARY KEY (person, started_at, session_id)) STRICT, WITHOUT ROWID;

  CREATE TABLE experiment_subjects (experiment TEXT NOT NULL, person INTEGER NOT NULL, variant TEXT NOT NULL,
    first_exposed_at INTEGER NOT NULL, first_id TEXT NOT NULL, multi INTEGER NOT NULL,
    PRIMARY KEY (experiment, person)) STRICT, WITHOUT ROWID;
  CREATE TABLE experiment_subject_goals (experiment TEXT NOT NULL, person INTEGER NOT NULL, goal TEXT NOT NULL,
    n INTEGER NOT NULL, sum_micros INTEGER NOT NULL,
    PRIMARY KEY (experiment, person, goal)) STRICT, WITHOUT ROWID;

  -- Exact: amounts are integers in millionths, squares are hi * 2^60 + lo. A sum of floating-point numbers would
  -- depend on the order in which events arrive, and a rebuild would give other digits.
  CREATE TABLE experiment_days (experiment TEXT NOT NULL, variant TEXT NOT NULL, goal TEXT NOT NULL,
    day TEXT NOT NULL, exposed INTEGER NOT NULL, converted INTEGER NOT NULL, sum_micros INTEGER NOT NULL,
    squares_hi INTEGER NOT NULL, squares_lo INTEGER NOT NULL,
    PRIMARY KEY (experiment, variant, goal, day)) STRICT, WITHOUT ROWID;
  CREATE VIEW experiment_outcomes AS
    SELECT experiment, variant, goal, sum(exposed) AS exposed, sum(converted) AS converted,
      total(sum_micros) / 1e6 AS value_sum,
      (total(squares_hi) * 1152921504606846976.0 + total(squares_lo)) / 1e12 AS value_sum_squares
    FROM experiment_days GROUP BY experiment, variant, goal HAVING sum(exposed) > 0;

  -- Under which definition an experiment's results were worked out; under another one they are worked out again.
  CREATE TABLE experiment_definitions (experiment TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE counters (site TEXT NOT NULL, counter TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (site, counter)) STRICT, WITHOUT ROWID;

  -- How far each projection has followed the journal; committed with its rows.
  CREATE TABLE offsets (projection TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE tokens (hash BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
    created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
];
