import { codeOf } from "../lib/error-code.ts";
import type { Row, Stored } from "../model/event-store.ts";
import type { Json } from "../model/json.ts";
import { openDatabaseReadOnly } from "./database.ts";
import { createPeopleReader, type PeopleReader } from "./people-reader.ts";
import { reports } from "./reports.ts";
import { showSealedEvents } from "./sealed-view.ts";
import { showEvent } from "./segments/erasures.ts";
import { lastSeqSql, readErasures, readState } from "./segments/manifest.ts";
import { createSealedPages } from "./segments/sealed-reader.ts";
import { eventOf } from "./stored-event.ts";

/** The reading side: a connection of its own that cannot write, beside a gateway that may be writing. */
export interface Reader {
  /** Events with a sequence above `after`, in order of receipt, at most `limit`. */
  read(after: number, limit: number): readonly Stored[];
  lastSeq(): number;
  readonly people: PeopleReader;
  /** Rows of a named report; an unknown name throws. */
  report(name: string, parameters: Readonly<Record<string, Json>>): readonly Row[];
  /**
   * Runs SQL that only reads; what would write, and bad SQL, throw one sentence. The view `events` has sealed events,
   * too, where these are waited for.
   */
  query(sql: string): { readonly columns: readonly string[]; readonly rows: Iterable<readonly unknown[]> };
  close(): void;
}

/** SQLite would advise how to write it well, or tell of the file that it may not change. */
const writing =
  /^\s*(?:(?:alter|attach|create|delete|detach|drop|insert|reindex|replace|update|vacuum)\b|pragma\s+(?:\w+\.)?(?:journal_mode\s*[=(]|optimize\b|wal_checkpoint\b))/i;

/** The rows with their numbers: whole ones beyond 2^53 as bigint, in which they keep their digits. */
function* rowsOf(rows: Iterable<readonly unknown[]>): Generator<readonly unknown[]> {
  try {
    for (const row of rows) yield row.map(numberOf);
  } catch (cause) {
    throw new Error(`sql: ${(cause as Error).message}`, { cause });
  }
}

const numberOf = (value: unknown): unknown => {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

const refusalOf = (cause: unknown, sql: string): Error => {
  const wouldWrite = codeOf(cause) === "SQLITE_READONLY" || writing.test(sql);
  const reason = wouldWrite ? "it would write" : (cause as Error).message;
  const advice = reason.startsWith("no such ")
    ? "`turnpike sql 'select sql from sqlite_schema'` shows what there is"
    : "only one statement that reads is taken";
  return new Error(`sql: ${reason}: ${advice}`, { cause });
};

/** `sealed: "wait"` reads sealed events, too, which takes a child process and its time: not where requests wait. */
export const openReader = (dir: string, { sealed }: { readonly sealed?: "wait" } = {}): Reader => {
  const db = openDatabaseReadOnly(dir);
  const pages = sealed === "wait" ? createSealedPages(dir) : null;
  const read = db.prepare("SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
  const last = db.prepare(lastSeqSql).pluck();
  const prepared = new Map<string, ReturnType<typeof db.prepare>>();
  /** Null where rows above `after` lie in files alone, as of one moment: they may have left since a page of files. */
  const readJournal = db.transaction((after: number, limit: number): readonly Stored[] | null => {
    if (pages && readState(db).dropped > after) return null;
    const rows = read.all(after, limit) as { seq: number; body: string }[];
    return rows.map(({ seq, body }) => ({ seq, event: eventOf(body) }));
  });
  const readPage = (after: number, limit: number): readonly Stored[] => {
    const page: Stored[] = [];
    for (let place = after; ; ) {
      const rows = readJournal(place, limit - page.length);
      if (rows || !pages) return [...page, ...(rows ?? [])];
      const { dropped } = readState(db);
      page.push(...pages.read(place, dropped, limit - page.length));
      if (page.length === limit) return page;
      place = dropped;
    }
  };
  return {
    read(after, limit) {
      const erasures = readErasures(db);
      if (erasures.length === 0) return readPage(after, limit);
      // A page that is shorter than asked means the end: what may not be shown is made up for.
      const shown: Stored[] = [];
      for (let place = after; ; ) {
        const wanted = limit - shown.length;
        const page = readPage(place, wanted);
        for (const { seq, event } of page) {
          const may = showEvent(erasures, seq, event);
          if (may) shown.push({ seq, event: may });
        }
        if (page.length < wanted || shown.length === limit) return shown;
        place = page.at(-1)?.seq ?? place;
      }
    },
    lastSeq: () => Number(last.get()),
    people: createPeopleReader(db),
    report(name, parameters) {
      const sql = reports[name];
      if (!sql) throw new Error(`store: there is no report ${name}`);
      let statement = prepared.get(name);
      if (!statement) {
        statement = db.prepare(sql);
        prepared.set(name, statement);
      }
      return statement.all(parameters) as Row[];
    },
    query(sql) {
      try {
        if (sealed === "wait") showSealedEvents(db, dir);
        const statement = db.prepare(sql).safeIntegers();
        if (!statement.reader || writing.test(sql)) throw new Error("it would write");
        return {
          columns: statement.columns().map((column) => column.name),
          rows: rowsOf(statement.raw().iterate() as Iterable<readonly unknown[]>),
        };
      } catch (cause) {
        throw refusalOf(cause, sql);
      }
    },
    close() {
      pages?.close();
      db.close();
    },
  };
};
