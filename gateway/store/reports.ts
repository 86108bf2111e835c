import { phasesReport, shownReport, splitReport, weightsReport } from "./weights.ts";

const lifetimeValue = `SELECT currency, sum(micros) / 1e6 AS value, count(*) AS payments,
  sum(micros < 0) AS refunds, min(at) AS "firstAt", max(at) AS "lastAt" FROM payments`;

// Also what the user paid before anybody knew the name: of a visitor of several users it is the earliest one's.
const ofUser = `site = :site AND (user_id = :id OR user_id IS NULL AND client_id IN (
    SELECT v.client_id FROM sites s JOIN identities i ON i.site = s.no AND i.kind = 'user' AND i.id = :id
      JOIN identity_links l ON l.identity = i.no AND l.applied = 1 JOIN visitors v ON v.no = l.visitor
    WHERE s.id = :site AND NOT EXISTS (
      SELECT 1 FROM identity_links earlier JOIN identities other ON other.no = earlier.identity AND other.kind = 'user'
      WHERE earlier.visitor = l.visitor AND earlier.applied = 1 AND (earlier.since, other.id) < (l.since, i.id))))`;

// A page view comes a moment after its document: documents above `:youngest` are not missed yet. The two parameters
// that are ids are hexadecimal.
const pageLoads = `SELECT d.site, d.day, d.both, d.document_only - ifnull(young.n, 0) AS document_only, d.view_only,
    d.other_views
  FROM page_load_days d LEFT JOIN (
    SELECT sites.id AS site, CASE WHEN p.id >= unhex(:midnight) THEN :today ELSE :yesterday END AS day, count(*) AS n
    FROM sites JOIN page_loads p ON p.site = sites.no WHERE p.id >= unhex(:youngest) AND p.seen = 1 GROUP BY 1, 2
  ) young ON young.site = d.site AND young.day = d.day
  WHERE d.day >= :since ORDER BY d.day, d.site`;

/** The named reports over SQLite, as SQL. `:name` are the parameters. */
export const reports: Readonly<Record<string, string>> = {
  counters: "SELECT site, counter, n FROM counters",
  "demo-visitors":
    "SELECT s.id AS site, count(*) AS n FROM visitors v JOIN sites s ON s.no = v.site WHERE v.label = 'demo' GROUP BY 1",
  // How far the slowest projection is behind the journal.
  "projection-lag":
    "SELECT max(0, ifnull((SELECT max(seq) FROM journal), 0) - ifnull((SELECT min(seq) FROM offsets), 0)) AS n",
  "day-counts": "SELECT key, n FROM day_counts WHERE day = :day ORDER BY n DESC LIMIT :limit",
  // What a visitor agreed to, the newest first.
  agreements:
    "SELECT seq, at, said FROM agreements WHERE site = :site AND client_id = :visitor ORDER BY at DESC, seq DESC LIMIT 100",
  "lifetime-value-order": `${lifetimeValue} WHERE site = :site AND order_id = :id GROUP BY currency`,
  "lifetime-value-user": `${lifetimeValue} WHERE ${ofUser} GROUP BY currency`,
  "lifetime-value-visitor": `${lifetimeValue} WHERE site = :site AND client_id = :id GROUP BY currency`,
  outcomes: "SELECT * FROM experiment_outcomes ORDER BY experiment, goal, variant",
  "first-seen":
    "SELECT experiment, min(day) AS day FROM experiment_days WHERE exposed > 0 GROUP BY experiment ORDER BY 1",
  split: splitReport,
  phases: phasesReport,
  weights: weightsReport,
  "shown-variants": shownReport,
  // Exposed people come from the subjects where an experiment has changed its goals since.
  multiple:
    "SELECT experiment, count(*) AS people FROM experiment_subjects WHERE multi = 1 GROUP BY experiment",
  // Whose results are being worked out again, how far that is, and whether what is shown meanwhile is of another
  // definition.
  rebuilding: `SELECT d.value ->> 0 AS experiment, k.definition IS NOT (d.value ->> 1) AS changed, r.phase, r.place, r.up_to
    FROM experiment_rebuild r, json_each(r.definitions) d
    LEFT JOIN experiment_definitions k ON k.experiment = d.value ->> 0 ORDER BY 1`,
  // Where sinks stand, and since when what is behind a place has waited; of what has left the journal only what is
  // known of the place itself can say so.
  sinks:
    'SELECT id, seq, received_at AS "receivedAt", failures, missed, last_error AS "lastError", last_error_at AS "lastErrorAt" FROM sinks ORDER BY id',
  "waiting-since": `SELECT CASE WHEN :seq < dropped AND :at IS NOT NULL THEN :at
    ELSE (SELECT received_at FROM journal WHERE seq > :seq ORDER BY seq LIMIT 1) END AS since FROM sealing`,
  "page-loads": pageLoads,
  rejects: "SELECT * FROM rejects WHERE no > :no ORDER BY no LIMIT :limit",
  tokens: "SELECT lower(hex(hash)) AS hash, name, role, sites FROM tokens",
};
