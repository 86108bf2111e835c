/** What an export is made of: columns, and rows one at a time; whatever their number, a page of them is in memory. */
import type { Column } from "../model/event.ts";
import type { Row, Stored } from "../model/event-store.ts";
import type { Json } from "../model/json.ts";
import type { PeopleReader } from "../store/people-reader.ts";
import type { Cell } from "./export-params.ts";

/** What an export reads of the store. */
export interface ExportReader {
  readonly people: PeopleReader;
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

export interface ExportTable {
  readonly columns: readonly Column[];
  /** cells in the order of the columns */
  rows(): Iterable<readonly Cell[]>;
}

export interface ExportSource {
  open(reader: ExportReader, filter: ExportFilter, options: { readonly flat: boolean }): ExportTable;
}

export const isWanted = ({ from, to, site }: ExportFilter, rowSite: Json, at: number): boolean =>
  (from === null || at >= from) && (to === null || at < to) && (site === null || site === rowSite);

/** Receipt is a measure of the gateway's own clock, in ms; the other times are moments that people read. */
export const timeCell = (column: Column, value: Json): Json => {
  if (column.type !== "time" || column.name === "received_at") return value;
  return typeof value === "number" ? new Date(value).toISOString() : null;
};
