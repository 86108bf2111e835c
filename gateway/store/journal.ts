/**
 * The journal takes events, each once: the key is (site, key time, id). To be acknowledged an event needs one row at
 * the end of one table, so that a commit is small. Its key waits in memory until the index of keys takes it, with the
 * projections; after a crash the keys that were waiting are read from the journal again.
 */
import { createHash } from "node:crypto";
import type { Event } from "../model/event.ts";
import { uuidTime } from "../model/ids.ts";
import type { Db } from "./database.ts";
import { insertRows, type Value } from "./insert-rows.ts";
import { eventOf } from "./stored-event.ts";

export interface Key {
  readonly site: number;
  readonly id: Buffer;
  /** by which it is known: one, or two where a repeat may have the other */
  readonly times: readonly KeyTime[];
}

interface KeyTime {
  /** ms; null where neither the id nor the client gives a time */
  readonly time: number | null;
  /** site, time and id, as the set of waiting keys has it */
  readonly text: string;
}

/** A row of the journal that the projections have yet to follow. */
export interface Entry {
  readonly seq: number;
  readonly event: Event;
  readonly key: Key;
}

export interface Journal {
  /** The new row, or null where the event was stored before. Must run inside a transaction, at whose end is `write`. */
  append(site: number, event: Event, keyTime: number | null, body: string): Entry | null;
  /** Writes the rows that were appended. */
  write(): void;
  /** The transaction was committed. */
  commit(): void;
  /** The transaction was rolled back. */
  rollback(): void;
  /** Moves the keys of rows from memory to the index; must run inside a transaction. */
  index(entries: readonly Entry[]): void;
  /** The transaction that moved these keys was committed. */
  indexed(entries: readonly Entry[]): void;
  /** Rows above a sequence that projections have yet to follow, and takes their keys into memory. */
  recover(after: number, limit: number, siteOf: (event: Event) => number): readonly Entry[];
}

export const createJournal = (db: Db): Journal => {
  const insert = insertRows(db, "FAIL", "journal", ["seq", "received_at", "key_time", "body"]);
  const find = db.prepare("SELECT 1 FROM seen WHERE site = ? AND key_time = ? AND id = ?").pluck();
  const findUntimed = db.prepare("SELECT 1 FROM untimed_ids WHERE site = ? AND id = ?").pluck();
  const add = insertRows(db, "IGNORE", "seen", ["site", "key_time", "id"]);
  const addUntimed = insertRows(db, "IGNORE", "untimed_ids", ["site", "id"]);
  const read = db.prepare("SELECT seq, key_time, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
  // Rows leave the journal once sealed, the offset stays: a sequence is never given twice.
  const last = db
    .prepare(
      "SELECT max(ifnull((SELECT max(seq) FROM journal), 0), ifnull((SELECT max(seq) FROM offsets), 0))",
    )
    .pluck();
  /** keys that are in the journal and not in the index yet */
  const waiting = new Set<string>();
  /** those of the transaction that runs */
  let fresh: string[] = [];
  let rows: Value[] = [];
  let seq = Number(last.get());

  const isStored = (site: number, time: number | null, text: string, id: Buffer): boolean => {
    if (waiting.has(text)) return true;
    return (time === null ? findUntimed.get(site, id) : find.get(site, time, id)) !== undefined;
  };

  return {
    append(site, event, keyTime, body) {
      const id = idBytes(event.id);
      const text = keyText(site, keyTime, event.id);
      if (isStored(site, keyTime, text, id)) return null;
      seq++;
      rows.push(seq, event.received_at, keyTime, body);
      const times = keyTimes(site, keyTime, text, event);
      for (const one of times) {
        if (waiting.has(one.text)) continue; // another row's, which stays if this one is rolled back
        waiting.add(one.text);
        fresh.push(one.text);
      }
      return { seq, event, key: { site, id, times } };
    },
    write() {
      insert(rows);
      rows = [];
    },
    commit() {
      fresh = [];
    },
    rollback() {
      rows = [];
      for (const text of fresh) waiting.delete(text);
      fresh = [];
      seq = Number(last.get());
    },
    index(entries) {
      const timed: Value[] = [];
      const untimed: Value[] = [];
      for (const { key } of entries) {
        for (const { time } of key.times) {
          if (time === null) untimed.push(key.site, key.id);
          else timed.push(key.site, time, key.id);
        }
      }
      add(timed);
      addUntimed(untimed);
    },
    indexed(entries) {
      for (const { key } of entries) for (const { text } of key.times) waiting.delete(text);
    },
    recover: (after, limit, siteOf) =>
      (read.all(after, limit) as Row[]).map((row) => {
        const event = eventOf(row.body);
        const site = siteOf(event);
        const text = keyText(site, row.key_time, event.id);
        const times = keyTimes(site, row.key_time, text, event);
        for (const one of times) waiting.add(one.text);
        return { seq: row.seq, event, key: { site, id: idBytes(event.id), times } };
      }),
  };
};

interface Row {
  readonly seq: number;
  readonly key_time: number | null;
  readonly body: string;
}

// What is sent again may have come into the window of key times since, or gone out of it: it is known by both keys.
const keyTimes = (site: number, time: number | null, text: string, event: Event): readonly KeyTime[] => {
  const own = { time, text };
  const other = time === null ? timeToCome(event) : null;
  if (time === null ? other === null : time >= event.received_at - oldMs) return [own];
  return [own, { time: other, text: keyText(site, other, event.id) }];
};

const oldMs = 6 * 86_400_000;

/** The time in an id that a browser made whose clock is days ahead. */
const timeToCome = ({ id, received_at: at }: Event): number | null => {
  const time = uuidTime(id);
  return time !== null && time > at && time < at + keyLifeMs ? time : null;
};

const keyText = (site: number, time: number | null, id: string): string => `${site} ${time ?? ""} ${id}`;

/** A UUID in 16 bytes. Decoders give nothing else; any other text is hashed, so that nothing can stop the writer. */
const idBytes = (id: string): Buffer => {
  const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
  return bytes.length === 16 ? bytes : createHash("sha256").update(id).digest().subarray(0, 16);
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
