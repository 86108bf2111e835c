import { gtagCells, gtagColumns, gtagDefaults } from "./commands/export-params.ts";
import { timeCell } from "./commands/export-source.ts";
import { type Column, type Event, eventColumns } from "./model/event.ts";
import type { Json } from "./model/json.ts";
import { isTagEvent } from "./model/tag-event.ts";

/**
 * An event as one flat record: the columns of the export that follow from the event itself, by their names; what is
 * null is left out. Columns of its session and its person are not among them: they change as these go on.
 */
export const flatEvent = (event: Event): Readonly<Record<string, Json>> => {
  const record: Record<string, Json> = {};
  const cells = event as unknown as Readonly<Record<string, Json | undefined>>; // its columns are
  // Most of the many columns are null: looking at those that are there takes a third of the time.
  for (const name in cells) {
    const column = columns.get(name);
    const value = cells[name] ?? null;
    if (column && value !== null) record[name] = timeCell(column, value);
  }
  record["date_utc"] = new Date(event.timestamp_utc).toISOString().slice(0, 10);
  record["property_name"] = event.property_id;
  if (isTagEvent(event)) addGtag(record, event);
  return record;
};

const addGtag = (record: Record<string, Json>, event: Event): void => {
  for (const [name, value] of Object.entries(gtagDefaults)) record[name] ??= value;
  for (const [i, value] of gtagCells(event).entries()) {
    const name = gtagColumns[i]?.name;
    if (name !== undefined && value !== null && value !== undefined) record[name] = value;
  }
};

const columns: ReadonlyMap<string, Column> = new Map(eventColumns.map((column) => [column.name, column]));
