import { codeOf } from "../lib/error-code.ts";
import type { Event } from "../model/event.ts";
import type { Row, Stored } from "../model/event-store.ts";
import type { Json } from "../model/json.ts";
import { openDatabaseReadOnly } from "./database.ts";
import { reports } from "./reports.ts";

/** The reading side: a connection of its own that cannot write, beside a gateway that may be writing. */
export interface Reader {
  /** Events with a sequence above `after`, in order of receipt, at most `limit`. */
  read(after: number, limit: number): readonly Stored[];
  lastSeq(): number;
  /** Rows of a named report; an unknown name throws. */
  report(name: string, parameters: Readonly<Record<string, Json>>): readonly Row[];
  /** Runs SQL that only reads; what would write, and bad SQL, throw one sentence. */
  query(sql: string): { readonly columns: readonly string[]; readonly rows: Iterable<readonly unknown[]> };
  close(): void;
}

export const openReader = (dir: string): Reader => {
  const db = openDatabaseReadOnly(dir);
  const read = db.prepare("SELECT seq, body FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
  const last = db.prepare("SELECT ifnull(max(seq), 0) FROM journal").pluck();
  const prepared = new Map<string, ReturnType<typeof db.prepare>>();
  return {
    read: (after, limit) =>
      (read.all(after, limit) as { seq: number; body: string }[]).map(({ seq, body }) => ({
        seq,
        event: JSON.parse(body) as Event, // our own line
      })),
    lastSeq: () => Number(last.get()),
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
        const statement = db.prepare(sql);
        if (!statement.reader) throw new Error("it would write");
        return {
          columns: statement.columns().map((column) => column.name),
          rows: statement.raw().iterate() as Iterable<readonly unknown[]>,
        };
      } catch (cause) {
        const reason = codeOf(cause) === "SQLITE_READONLY" ? "it would write" : (cause as Error).message;
        throw new Error(`sql: ${reason}: only one statement that reads is taken`, { cause });
      }
    },
    close: () => db.close(),
  };
};
