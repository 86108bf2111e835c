/**
 * The view `events` for whoever asks with SQL: the database's own shows the journal, which keeps events for some days.
 * This one, of a connection that reads, has those that lie in sealed files alone before them. Only a query that names
 * it reads files, and of each event the view's few columns.
 */
import type { Event } from "../model/event.ts";
import type { Db } from "./database.ts";
import { readSealed } from "./segments/sealed-reader.ts";
import { viewColumns, viewSql } from "./stored-event.ts";

/** Puts the view in the place of the database's own; a second time nothing happens. */
export const showSealedEvents = (db: Db, dir: string): void => {
  const isThere = db.prepare("SELECT 1 FROM sqlite_temp_schema WHERE name = 'events'").get() !== undefined;
  if (isThere) return;
  db.table("sealed_events", {
    columns: [...viewColumns],
    parameters: ["up_to"],
    *rows(upTo: unknown) {
      for (const { seq, event } of readSealed(dir, 0, Number(upTo), viewColumns)) yield rowOf(seq, event);
    },
  });
  db.exec(view);
  db.pragma("query_only = ON"); // the connection's own schema could be written otherwise
};

const rowOf = (seq: number, event: Event): (string | number | null)[] => {
  const columns = event as unknown as Readonly<Record<string, string | number | null>>; // the view's are plain values
  return viewColumns.map((name) => (name === "seq" ? seq : (columns[name] ?? null)));
};

/** JavaScript's numbers come as REAL. */
const integers: ReadonlySet<string> = new Set(["seq", "received_at", "timestamp_utc"]);

const sealedColumns = viewColumns.map((name) =>
  integers.has(name) ? `CAST(f.${name} AS INTEGER) AS ${name}` : `f.${name}`,
);

// As of one moment: `dropped` is read with the journal. Of erased people most rows went at once; others wait until
// their files are written anew.
const view = `
  CREATE TEMP VIEW events AS
    SELECT ${sealedColumns.join(", ")} FROM sealing JOIN sealed_events(sealing.dropped) f
    UNION ALL
    SELECT j.* FROM (${viewSql}) j, sealing WHERE j.seq > sealing.dropped AND NOT EXISTS (
      SELECT 1 FROM erasures e WHERE e.site = j.property_id AND j.seq <= e.up_to_seq AND CASE e."column"
        WHEN 'client_id' THEN j.client_id = e.value
        WHEN 'user_id' THEN j.user_id = e.value
        WHEN 'owner' THEN j.client_id IS NULL AND j.user_id = e.value
        ELSE false END);
`;
