/**
 * A stored event as a row of a sealed file, and back: what comes back equals what went in, whatever columns the file
 * has. Rows travel as lines of JSON, which DuckDB reads and writes many times faster than values one by one.
 */

import type { Event } from "../../model/event.ts";
import { type Column, eventColumns } from "../../model/event.ts";
import type { Stored } from "../../model/event-store.ts";
import { hashedId, parseUuid } from "../../model/ids.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import type { PropertyKind } from "./segment.ts";

export type Columns = Readonly<Record<string, PropertyKind>>;

/** Columns of a sealed file that are no columns of the event. */
export const sequenceColumn = "seq";
export const shapeColumn = "properties_shape";
export const paramColumn = (name: string): string => `params_${name}`;

const columns: readonly Column[] = eventColumns;
const jsonColumns: ReadonlySet<string> = new Set(
  columns.filter(({ type, name }) => type === "json" && name !== "properties").map(({ name }) => name),
);

/** The line of an event for a file that has these columns of properties. */
export const lineOf = (seq: number, event: Event, params: Columns): string => {
  const values = event as unknown as Readonly<Record<string, Json>>; // its columns, by their names
  const row: Record<string, Json> = { [sequenceColumn]: seq };
  for (const { name, type } of columns) {
    const value = values[name];
    if (value === undefined || value === null || name === "properties") continue;
    if (type === "json") row[name] = JSON.stringify(value);
    else if (type === "uuid") row[name] = uuidOf(String(value));
    else if (type === "time") row[name] = Math.round(Number(value));
    else row[name] = value;
  }
  if (event.properties) spread(event.properties, params, row);
  const line = JSON.stringify(row);
  // Half a surrogate pair is written as an escape that other JSON readers refuse.
  return line.includes("\\ud") ? JSON.stringify(row, wellFormed) : line;
};

const uuidOf = (text: string): string => parseUuid(text) ?? hashedId([text]);

const wellFormed = (_key: string, value: Json): Json =>
  typeof value === "string" ? value.toWellFormed() : value;

/** Properties go to their columns, the rest stays; the shape says in which order they came and what they were. */
const spread = (properties: JsonObject, params: Columns, row: Record<string, Json>): void => {
  const shape: [string, Json][] = [];
  const rest: [string, Json][] = [];
  for (const [name, value] of Object.entries(properties)) {
    if (value === null) shape.push([name, "z"]);
    else if (!Object.hasOwn(params, name)) {
      shape.push([name, "r"]);
      rest.push([name, value]);
    } else {
      shape.push([name, letterOf(value)]);
      row[paramColumn(name)] = typeof value === "object" ? JSON.stringify(value) : value;
    }
  }
  row[shapeColumn] = JSON.stringify(Object.fromEntries(shape));
  if (rest.length > 0) row["properties"] = JSON.stringify(Object.fromEntries(rest));
};

const letterOf = (value: Exclude<Json, null>): string => {
  if (typeof value === "string") return "t";
  if (typeof value === "number") return "n";
  return typeof value === "boolean" ? "b" : "j";
};

/** The event in a line that was read from a sealed file. */
export const storedOf = (line: string): Stored => {
  const row = JSON.parse(line) as Record<string, Json>; // a line of DuckDB's, an object of plain values
  const event: Record<string, Json> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value === null || name === sequenceColumn || name === shapeColumn || name === "properties") continue;
    if (name.startsWith("params_")) continue;
    event[name] = jsonColumns.has(name) ? (JSON.parse(String(value)) as Json) : value;
  }
  const shape = row[shapeColumn];
  if (typeof shape === "string") event["properties"] = gather(shape, row);
  return { seq: Number(row[sequenceColumn]), event: event as unknown as Event }; // made by `lineOf`
};

const gather = (shape: string, row: Readonly<Record<string, Json>>): JsonObject => {
  const rest = JSON.parse(String(row["properties"] ?? "{}")) as JsonObject; // written by `spread`
  const letters = Object.entries(JSON.parse(shape) as Readonly<Record<string, string>>); // likewise
  return Object.fromEntries(
    letters.map(([name, letter]) => [
      name,
      letter === "r" ? (rest[name] ?? null) : propertyOf(columnValue(row, paramColumn(name)), letter),
    ]),
  );
};

/**
 * The value of a column under whatever spelling: of files that write the same name in other letters, `Plan` and `plan`,
 * DuckDB makes one column with the spelling of the first.
 */
const columnValue = (row: Readonly<Record<string, Json>>, column: string): Json => {
  if (Object.hasOwn(row, column)) return row[column] ?? null;
  const folded = column.toLowerCase();
  const spelled = Object.keys(row).find((name) => name.toLowerCase() === folded);
  return spelled === undefined ? null : (row[spelled] ?? null);
};

/**
 * A column that came to hold several kinds is text, or numbers where some were true or false: the letter says what the
 * value was.
 */
const propertyOf = (value: Json, letter: string): Json => {
  if (value === null || letter === "z") return null;
  if (letter === "n") return Number(value);
  if (letter === "b") return value === true || value === 1 || value === "true";
  return letter === "j" ? (JSON.parse(String(value)) as Json) : String(value);
};
