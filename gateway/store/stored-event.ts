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

const leads = -1;
/** a column's number, or that it is one of those that lead */
const places = new Map<string, number>(journalColumns.map((name, no) => [name, no]));
for (const name of leading) places.set(name, leads);

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
    const place = places.get(name);
    const value = place === leads ? null : columns[name];
    if (value !== null && value !== undefined) row.push(place ?? name, value);
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
  if (read[6] !== null) event["client_id"] = read[6];
  if (read[7] !== null) event["user_id"] = read[7];
  if (read[8] !== null) event["page_location"] = read[8];
  if (read[9] !== null) event["value"] = read[9];
  for (let i = leading.length; i < read.length; i += 2) {
    const column = read[i];
    const put = typeof column === "number" ? putters[column] : undefined;
    if (put) put(event, read[i + 1]);
    else event[String(column)] = read[i + 1];
  }
  return event as unknown as Event;
};

type Put = (event: object, value: Json | undefined) => void;

// An object that gets many properties by names in variables becomes a hash table, slow for everybody who reads it. So
// each column has a function with its name written out; the names are ours.
const putters: readonly Put[] = journalColumns.map(
  (name) => new Function("event", "value", `event.${name} = value;`) as Put,
);

const leadingSql = leading
  // Rows of before are objects.
  .map((name, place) => `coalesce(body ->> ${place}, body ->> '${name}') AS ${name}`)
  .join(", ");

/** A step of the schema: what can be read of the journal with SQL alone. All of an event is in the export. */
export const eventsStep = `
  CREATE VIEW events AS SELECT seq, received_at, ${leadingSql} FROM journal;
`;

/** A column that does not lead: the value behind its number, which stands at an even place. */
const laterSql = (name: string): string => {
  const no = journalColumns.indexOf(name);
  const place = `SELECT key FROM json_each(body)
      WHERE key >= ${leading.length} AND key % 2 = 0 AND type = 'integer' AND value = ${no}`;
  return `coalesce(body ->> '${name}', body ->> (1 + (${place}))) AS ${name}`;
};

/** The columns of the view `events`. */
export const viewColumns = ["seq", "received_at", ...leading, "bot"] as const;

/** What the view shows of the rows of the journal. */
export const viewSql = `SELECT seq, received_at, ${leadingSql}, ${laterSql("bot")} FROM journal`;

/** A step of the schema: the view tells bots from people, as reports do. */
export const botStep = `
  DROP VIEW events;
  CREATE VIEW events AS ${viewSql};
`;
