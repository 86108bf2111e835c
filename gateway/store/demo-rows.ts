import type { Db } from "./database.ts";

/** Takes out all that made-up visitors left, but for experiment results, which are rebuilt after. */
export const removeDemo = (db: Db): number =>
  db
    .transaction(() => {
      const removed = Number(db.prepare("SELECT count(*) FROM visitors WHERE label = 'demo'").pluck().get());
      const people = "SELECT no FROM visitors WHERE label = 'demo'";
      db.exec(`
        UPDATE counters SET n = n - (SELECT count(*) FROM sessions WHERE sessions.site = counters.site
          AND person IN (${people})) WHERE counter = 'sessions';
        UPDATE counters SET n = n - (SELECT count(DISTINCT person) FROM sessions WHERE sessions.site = counters.site
          AND person IN (${people})) WHERE counter = 'visitors';
        CREATE TEMP TABLE demo_rows AS
          SELECT seq, body ->> 'property_id' AS site, body ->> 'type' AS type FROM journal
          WHERE body ->> 'traffic_filter_name' = 'demo';
        UPDATE counters SET n = n - (SELECT count(*) FROM demo_rows
          WHERE demo_rows.site = counters.site AND type <> 'log') WHERE counter = 'events';
        UPDATE counters SET n = n - (SELECT count(*) FROM demo_rows
          WHERE demo_rows.site = counters.site AND type = 'log') WHERE counter = 'documents';
        INSERT INTO erasures (site, "column", value, up_to_seq, at)
          SELECT id, 'traffic_filter_name', 'demo', watermark, unixepoch() * 1000 FROM sites, sealing WHERE watermark > 0;
        DELETE FROM journal WHERE seq IN (SELECT seq FROM demo_rows);
        DROP TABLE demo_rows;
        DELETE FROM sessions WHERE person IN (${people});
        DELETE FROM person_events WHERE person IN (${people});
        DELETE FROM referrals WHERE visitor IN (${people});
        DELETE FROM identity_links WHERE visitor IN (${people});
        DELETE FROM visitors WHERE label = 'demo'`);
      return removed;
    })
    .immediate();
