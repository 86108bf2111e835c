/**
 * The form of an event in a row of the journal; nothing else knows it. A list: the columns that SQL may ask for (the
 * view `events` names them), then the number of a column and its value, for each other column that is not null. With
 * the names written out a row is twice as long, and each row is written to disk twice.
 */
import type { Event } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import { journalColumns } from "./journal-columns.ts";

/** In their places; files hold them, so that none is moved, and none comes. */
const leading = [
  "id",
  "property_id",
  "tracking_protocol",
  "type",
  "name",
  "timestamp_utc",
  "client_id",
  "user_id",
  "page_location",
  "value",
] as const satisfies readonly (keyof Event)[];

const leads = new Set<string>(leading);
const numbers = new Map(journalColumns.map((name, no) => [name, no]));

export const bodyOf = (event: Event): string => {
  const row: unknown[] = [
    event.id,
    event.property_id,
    event.tracking_protocol,
    event.type,
    event.name,
    event.timestamp_utc,
    event.client_id,
    event.user_id,
    event.page_location,
    event.value,
  ];
  const columns = event as unknown as Readonly<Record<string, unknown>>; // one flat record
  for (const name in columns) {
    const value = columns[name];
    if (value === null || value === undefined || leads.has(name)) continue;
    row.push(numbers.get(name) ?? name, value);
  }
  return JSON.stringify(row);
};

export const eventOf = (body: string): Event => {
  const read = JSON.parse(body) as Event | Json[]; // our own line
  if (!Array.isArray(read)) return read; // a row of before
  const event: Record<string, Json | undefined> = {
    id: read[0],
    property_id: read[1],
    tracking_protocol: read[2],
    type: read[3],
    name: read[4],
    timestamp_utc: read[5],
  };
  for (let i = firstOptional; i < leading.length; i++) {
    const value = read[i];
    if (value !== null) event[leading[i] ?? ""] = value;
  }
  for (let i = leading.length; i < read.length; i += 2) {
    const column = read[i];
    event[typeof column === "number" ? (journalColumns[column] ?? column) : (column as string)] = read[i + 1];
  }
  return event as unknown as Event;
};

/** Those before it are in every event. */
const firstOptional = leading.indexOf("client_id");

/** A step of the schema: what can be read of the journal with SQL alone. All of an event is in the export. */
export const eventsStep = `
  CREATE VIEW events AS
    SELECT seq, received_at, ${leading
      // Rows of before are objects.
      .map((name, place) => `coalesce(body ->> ${place}, body ->> '${name}') AS ${name}`)
      .join(", ")}
    FROM journal;
`;
