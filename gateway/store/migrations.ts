/**
 * The schema, as numbered steps. A step is never edited once released: a change is a new step at the end.
 * `PRAGMA user_version` says how many a file has.
 *
 * Keys lead with time or with numbers given in order, so that inserts touch few pages.
 */
import { dayStep } from "./day-step.ts";
import { pageLoadStep } from "./page-load-step.ts";
import { rebuildStep } from "./rebuild-step.ts";
import { recordStep } from "./record-steps.ts";
import { sinkStep } from "./sink-steps.ts";
import { botStep, eventsStep } from "./stored-event.ts";

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
  `
  -- The sealed files below events/. A file that is not here does not exist.
  CREATE TABLE segments (path TEXT PRIMARY KEY, site TEXT NOT NULL, date TEXT NOT NULL, rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL, min_seq INTEGER NOT NULL, max_seq INTEGER NOT NULL, seq_sum INTEGER NOT NULL,
    min_at INTEGER NOT NULL, max_at INTEGER NOT NULL, footer TEXT NOT NULL, columns TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- One row. Events up to the watermark are in segments, those up to dropped in segments alone; removed counts the
  -- sequences up to the watermark that no segment holds.
  CREATE TABLE sealing (watermark INTEGER NOT NULL, dropped INTEGER NOT NULL, dropped_until INTEGER NOT NULL,
    removed INTEGER NOT NULL) STRICT;
  INSERT INTO sealing VALUES (0, 0, 0, 0);

  -- The properties that events of a site had; chosen ones have a column of their own in the files.
  CREATE TABLE property_columns (site TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL,
    chosen INTEGER NOT NULL, PRIMARY KEY (site, name)) STRICT, WITHOUT ROWID;

  -- Erased, but not yet taken out of every file; a row goes with its last byte. What stays is the tombstone.
  CREATE TABLE erasures (no INTEGER PRIMARY KEY, site TEXT NOT NULL, "column" TEXT NOT NULL, value TEXT NOT NULL,
    up_to_seq INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
  CREATE TABLE tombstones (hash BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  recordStep,
  `
  -- Visitors of one person have the number of one of them here; null is the visitor's own. It is the person's number.
  ALTER TABLE visitors ADD COLUMN joined_to INTEGER;
  CREATE INDEX visitors_joined ON visitors (joined_to) WHERE joined_to IS NOT NULL;

  -- What visitors may have in common, and who claims it. A claim is kept whether it joins (applied) or not; since is
  -- the time of the earliest event that makes it.
  CREATE TABLE identities (no INTEGER PRIMARY KEY, site INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    UNIQUE (site, kind, id)) STRICT;
  CREATE TABLE identity_links (identity INTEGER NOT NULL, visitor INTEGER NOT NULL, since INTEGER NOT NULL,
    verified INTEGER NOT NULL, undone INTEGER NOT NULL, applied INTEGER NOT NULL,
    PRIMARY KEY (identity, visitor)) STRICT, WITHOUT ROWID;
  CREATE INDEX identity_links_of_visitor ON identity_links (visitor);

  -- By whom a visitor was sent, the earliest few.
  CREATE TABLE referrals (visitor INTEGER NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL, ref TEXT, rcode TEXT,
    aff TEXT, PRIMARY KEY (visitor, at, id)) STRICT, WITHOUT ROWID;

  CREATE INDEX sessions_by_time ON sessions (started_at, session_id);

  -- Where a person first came from, and last from anywhere but straight.
  CREATE VIEW touches AS
    SELECT f.site, v.client_id, f.person, f.started_at AS first_at, f.source AS first_source,
      f.medium AS first_medium, f.campaign AS first_campaign, l.started_at AS last_at, l.source AS last_source,
      l.medium AS last_medium, l.campaign AS last_campaign
    FROM (SELECT DISTINCT person FROM sessions) p
    JOIN sessions f ON f.person = p.person AND (f.started_at, f.session_id) = (
      SELECT started_at, session_id FROM sessions WHERE person = p.person
      ORDER BY started_at, ended_at, last_sequence, last_id LIMIT 1)
    LEFT JOIN sessions l ON l.person = p.person AND (l.started_at, l.session_id) = (
      SELECT started_at, session_id FROM sessions WHERE person = p.person AND source IS NOT NULL AND source <> 'direct'
      ORDER BY started_at DESC, ended_at DESC, last_sequence DESC, last_id DESC LIMIT 1)
    JOIN visitors v ON v.no = p.person;
  `,
  sinkStep,
  dayStep,
  pageLoadStep,
  eventsStep,
  `
  -- SHA-256 of the whole file: what \`verify\` compares; null of files that were written before.
  ALTER TABLE segments ADD COLUMN hash TEXT;
  `,
  rebuildStep,
  `
  -- 1: events were taken out since the numbers of the live page were last counted.
  ALTER TABLE sealing ADD COLUMN miscounted INTEGER NOT NULL DEFAULT 0;
  UPDATE sealing SET miscounted = removed > 0;
  `,
  botStep,
  `
  -- How visitors are shared out among an experiment's variants, and since when; 0: ever since somebody saw one.
  CREATE TABLE experiment_weights (experiment TEXT PRIMARY KEY, weights TEXT NOT NULL, since INTEGER NOT NULL) STRICT,
    WITHOUT ROWID;
  `,
  `
  -- Before which time events were pruned, of a site, or of all sites ('').
  CREATE TABLE pruned (site TEXT PRIMARY KEY, before INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- Whose results cannot be worked out again: what is shown of them is taken over.
  CREATE TABLE rebuilt_kept (experiment TEXT NOT NULL, person INTEGER NOT NULL,
    PRIMARY KEY (experiment, person)) STRICT, WITHOUT ROWID;
  `,
  `
  -- When an experiment's weights changed while people had seen it, each time: those who came between two changes are
  -- compared with one another.
  CREATE TABLE experiment_changes (experiment TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (experiment, at)) STRICT,
    WITHOUT ROWID;
  INSERT INTO experiment_changes SELECT experiment, since FROM experiment_weights WHERE since > 0;
  `,
  `
  -- The sites that a token is for, a JSON list; null: all of them.
  ALTER TABLE tokens ADD COLUMN sites TEXT;
  `,
];
