/** The rows that `turnpike export` writes, one at a time: whatever their number, a page of them is in memory. */
import { type Column, type ColumnName, eventColumns } from "../model/event.ts";
import type { Row, Stored } from "../model/event-store.ts";
import type { Json } from "../model/json.ts";

/** What an export reads of the store. */
export interface ExportReader {
  read(after: number, limit: number): readonly Stored[];
  report(name: string, parameters: Readonly<Record<string, Json>>): readonly Row[];
}

export interface ExportFilter {
  /** ms since 1970, inclusive; null for all */
  readonly from: number | null;
  /** ms since 1970, exclusive */
  readonly to: number | null;
  readonly site: string | null;
}

export interface ExportSource {
  readonly columns: readonly string[];
  rows(reader: ExportReader, filter: ExportFilter): Iterable<readonly Json[]>;
}

const pageRows = 1000;

const events: ExportSource = {
  columns: eventColumns.map((column) => column.name),
  *rows(reader, filter) {
    let after = 0;
    for (;;) {
      const page = reader.read(after, pageRows);
      for (const { seq, event } of page) {
        after = seq;
        if (!isWanted(filter, event.property_id, event.timestamp_utc)) continue;
        yield eventColumns.map((column: Column) => cell(column, event[column.name as ColumnName] ?? null));
      }
      if (page.length < pageRows) return;
    }
  },
};

// Receipt is a measure of the gateway's own clock, in ms; the other times are moments that people read.
const cell = (column: Column, value: Json): Json =>
  column.type === "time" && column.name !== "received_at" ? isoTime(value) : value;

const sessionColumns = [
  "session_id",
  "property_id",
  "client_id",
  "started_at",
  "ended_at",
  "events",
  "page_views",
  "entry_page",
  "exit_page",
  "source",
  "medium",
  "campaign",
  "referrer",
  "split_cause",
  "bot",
] as const;

const sessions: ExportSource = {
  columns: sessionColumns,
  *rows(reader, filter) {
    let place: Row = { person: -1, startedAt: 0, sessionId: "", limit: pageRows };
    for (;;) {
      const page = reader.report("sessions", place);
      for (const row of page) {
        place = {
          person: row["person"] ?? null,
          startedAt: row["started_at"] ?? null,
          sessionId: row["session_id"] ?? null,
          limit: pageRows,
        };
        if (!isWanted(filter, row["site"] ?? null, Number(row["started_at"]))) continue;
        yield sessionColumns.map((column) => sessionCell(row, column));
      }
      if (page.length < pageRows) return;
    }
  },
};

const sessionCell = (row: Row, column: (typeof sessionColumns)[number]): Json => {
  if (column === "property_id") return row["site"] ?? null;
  if (column === "bot") return row["bot"] === 1;
  if (column === "started_at" || column === "ended_at") return isoTime(row[column] ?? null);
  return row[column] ?? null;
};

const outcomeColumns = [
  "experiment",
  "variant",
  "goal",
  "exposed",
  "converted",
  "value_sum",
  "value_sum_squares",
] as const;

/** Results are sums over all people: neither a time nor a site can be taken out of them. */
const experiments: ExportSource = {
  columns: outcomeColumns,
  *rows(reader) {
    for (const row of reader.report("outcomes", {}))
      yield outcomeColumns.map((column) => row[column] ?? null);
  },
};

export const exportSources = { events, sessions, experiments } as const;

const isWanted = ({ from, to, site }: ExportFilter, rowSite: Json, at: number): boolean =>
  (from === null || at >= from) && (to === null || at < to) && (site === null || site === rowSite);

const isoTime = (value: Json): Json => (typeof value === "number" ? new Date(value).toISOString() : null);
