/** Stored events for those who hand them out: in the journal or in sealed files, and nothing of erased visitors. */
import type { Event } from "../model/event.ts";
import { openDatabaseReadOnly } from "./database.ts";
import { readSecret } from "./secret.ts";
import { createTombstones, showEvent } from "./segments/erasures.ts";
import { readErasures, readState } from "./segments/manifest.ts";
import { createSealedPages } from "./segments/sealed-reader.ts";
import { eventOf } from "./stored-event.ts";

export interface SinkRow {
  readonly seq: number;
  /** null where it may not be shown */
  readonly event: Event | null;
  /** characters of it, about */
  readonly size: number;
}

export interface SinkPage {
  readonly rows: readonly SinkRow[];
  /** nothing else is stored up to this sequence; `after` where nothing new is */
  readonly upTo: number;
}

export interface SinkSource {
  /**
   * The next rows after a sequence, at most `limit`. Rows that have left the journal come out of sealed files, by a
   * child process while the caller waits: for a thread of its own.
   */
  read(after: number, limit: number): SinkPage;
  close(): void;
}

/** A page ends where its events have so many characters. */
const mostCharacters = 4 << 20;

export const openSinkSource = (dir: string): SinkSource => {
  const db = openDatabaseReadOnly(dir);
  const secret = readSecret(dir);
  const sealed = createSealedPages(dir);
  const select = db.prepare("SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");

  const readJournal = (after: number, limit: number): readonly { seq: number; body: string }[] => {
    const rows: { seq: number; body: string }[] = [];
    let characters = 0;
    for (const row of select.iterate(after, limit) as Iterable<{ seq: number; body: string }>) {
      rows.push(row);
      characters += row.body.length;
      if (characters >= mostCharacters) break;
    }
    return rows;
  };

  /** As of one moment: a row that leaves the journal while it is read must not be taken for one that never was. */
  const snapshot = db.transaction((after: number, limit: number) => {
    const { dropped } = readState(db);
    return {
      dropped,
      erasures: readErasures(db),
      isBuried: createTombstones(db, () => secret).isBuried,
      rows: after < dropped ? [] : readJournal(after, limit),
    };
  });

  return {
    read(after, limit) {
      const { dropped, erasures, isBuried, rows } = snapshot(after, limit);
      const shown = (seq: number, event: Event): Event | null =>
        isBuried(event) ? null : showEvent(erasures, seq, event);
      if (after >= dropped) {
        return {
          rows: rows.map(({ seq, body }) => ({ seq, event: shown(seq, eventOf(body)), size: body.length })),
          upTo: rows.at(-1)?.seq ?? after,
        };
      }
      const old = sealed.read(after, dropped, limit);
      return {
        rows: old.map(({ seq, event }) => ({
          seq,
          event: shown(seq, event),
          size: JSON.stringify(event).length,
        })),
        upTo: old.length < limit ? dropped : (old.at(-1)?.seq ?? dropped),
      };
    },
    close() {
      sealed.close();
      db.close();
    },
  };
};
