import { parseUuid } from "../model/ids.ts";
import type { Db } from "./database.ts";

/** Appends lines to the journal, each once: the key is (site, key time, id). Must run inside a transaction. */
export interface Journal {
  /** The line's sequence, or null where the event was stored before. */
  append(site: number, id: string, keyTime: number | null, receivedAt: number, body: string): number | null;
  /** The last sequence given. */
  lastSeq(): number;
  /** The transaction was rolled back: read the last sequence again. */
  forget(): void;
}

export const createJournal = (db: Db): Journal => {
  const insert = db.prepare("INSERT INTO journal (seq, received_at, body) VALUES (?, ?, ?)");
  const see = db.prepare("INSERT INTO seen (site, key_time, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  const seeUntimed = db.prepare("INSERT INTO untimed_ids (site, id) VALUES (?, ?) ON CONFLICT DO NOTHING");
  // Rows leave the journal once sealed, the offset stays: a sequence is never given twice.
  const last = db
    .prepare(
      "SELECT max(ifnull((SELECT max(seq) FROM journal), 0), ifnull((SELECT max(seq) FROM offsets), 0)) AS seq",
    )
    .pluck();
  let seq = Number(last.get());
  return {
    append(site, id, keyTime, receivedAt, body) {
      const key = idBytes(id);
      const seen = keyTime === null ? seeUntimed.run(site, key) : see.run(site, keyTime, key);
      if (seen.changes === 0) return null;
      seq++;
      insert.run(seq, receivedAt, body);
      return seq;
    },
    lastSeq: () => seq,
    forget: () => {
      seq = Number(last.get());
    },
  };
};

/** A UUID in 16 bytes. */
const idBytes = (id: string): Buffer => {
  const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
  if (bytes.length !== 16 && !parseUuid(id)) throw new Error(`store: event id ${id} is not a UUID`);
  return bytes;
};

/** Keys outlive rows by this much: a retry that comes later is dated outside the window and kept by its id alone. */
export const keyLifeMs = 8 * 86_400_000;

/** Forgets keys past their life, at most `limit` of them; answers how many. */
export const pruneKeys = (db: Db, now: number, limit: number): number =>
  db
    .prepare(
      `DELETE FROM seen WHERE (site, key_time, id) IN (
         SELECT s.site, s.key_time, s.id FROM sites JOIN seen s ON s.site = sites.no
         WHERE s.key_time < ? LIMIT ?)`,
    )
    .run(now - keyLifeMs, limit).changes;
