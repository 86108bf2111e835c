/** Where each sink stands among the events, and what has happened to it. */
import type { Db } from "./database.ts";
import { unsynced } from "./unsynced.ts";

export interface SinkPlace {
  readonly id: string;
  /** the sequence up to which it has been handed what it wants */
  readonly seq: number;
  /** when the event there was received, ms; null where none was handed out yet */
  readonly receivedAt: number | null;
  /** writes that failed, ever */
  readonly failures: number;
  /** events that were stored no longer when their turn came, ever */
  readonly missed: number;
  readonly lastError: string | null;
  readonly lastErrorAt: number | null;
}

/** Keeps the places; those whom a power cut sets back hand events to their sinks once more. */
export const keepSinkPlaces = (db: Db, places: readonly SinkPlace[]): void =>
  unsynced(db, () => putPlaces(db, places));

const putPlaces = (db: Db, places: readonly SinkPlace[]): void => {
  const put = db.prepare(`
    INSERT INTO sinks (id, seq, received_at, failures, missed, last_error, last_error_at)
    VALUES (:id, :seq, :receivedAt, :failures, :missed, :lastError, :lastErrorAt)
    ON CONFLICT DO UPDATE SET seq = excluded.seq, received_at = excluded.received_at, failures = excluded.failures,
      missed = excluded.missed, last_error = excluded.last_error, last_error_at = excluded.last_error_at`);
  db.transaction(() => {
    for (const place of places) put.run(place);
  }).immediate();
};
