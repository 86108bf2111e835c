import type { Db } from "./database.ts";
import { eventOf } from "./stored-event.ts";

/** Takes out all that made-up visitors left, but for experiment results, which are rebuilt after. */
export const removeDemo = (db: Db): number =>
  db
    .transaction(() => {
      const removed = Number(db.prepare("SELECT count(*) FROM visitors WHERE label = 'demo'").pluck().get());
      gatherRows(db);
      const people = "SELECT no FROM visitors WHERE label = 'demo'";
      db.exec(`
        UPDATE counters SET n = n - (SELECT count(*) FROM sessions WHERE sessions.site = counters.site
          AND person IN (${people})) WHERE counter = 'sessions';
        UPDATE counters SET n = n - (SELECT count(DISTINCT person) FROM sessions WHERE sessions.site = counters.site
          AND person IN (${people})) WHERE counter = 'visitors';
        UPDATE counters SET n = n - (SELECT count(*) FROM demo_rows
          WHERE demo_rows.site = counters.site AND type <> 'log') WHERE counter = 'events';
        UPDATE counters SET n = n - (SELECT count(*) FROM demo_rows
          WHERE demo_rows.site = counters.site AND type = 'log' AND name = 'document') WHERE counter = 'documents';
        UPDATE counters SET n = n - (SELECT count(*) FROM demo_rows
          WHERE demo_rows.site = counters.site AND type = 'log' AND name <> 'document') WHERE counter = 'requests';
        INSERT INTO erasures (site, "column", value, up_to_seq, at)
          SELECT id, 'traffic_filter_name', 'demo', watermark, unixepoch() * 1000 FROM sites, sealing WHERE watermark > 0;
        UPDATE sealing SET miscounted = 1 WHERE watermark > 0;
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

/** The rows of made-up visitors, in a table of this connection. A look at the text first: to decode all takes minutes. */
const gatherRows = (db: Db): void => {
  db.exec("CREATE TEMP TABLE demo_rows (seq INTEGER PRIMARY KEY, site TEXT, type TEXT, name TEXT)");
  const add = db.prepare("INSERT INTO demo_rows VALUES (?, ?, ?, ?)");
  const rows = db.prepare(`SELECT seq, body FROM journal WHERE instr(body, '"demo"') > 0`).all();
  for (const { seq, body } of rows as { seq: number; body: string }[]) {
    const event = eventOf(body);
    if (event.traffic_filter_name === "demo") add.run(seq, event.property_id, event.type, event.name);
  }
};
