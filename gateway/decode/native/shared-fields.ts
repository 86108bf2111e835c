import type { ColumnName } from "../../model/event.ts";
import { meaningOf } from "./fields.ts";
import type { Source } from "./gather.ts";
import { type Notes, note } from "./notes.ts";

/** A list of 5,000 events costs 5,000 times what is said once for all of them, in time and on disk. */
const maxLength = 2048;
/** each field costs at least so much: short ones take time, too */
const minLength = 64;

/**
 * What path, query and batch say of every event of a list, as one source: texts and numbers, of bounded length.
 * An `eid` is not among them: one id for all events would leave only the first.
 */
export const sharedFields = (sources: readonly Source[], notes: Notes): Source => {
  const fields = Object.create(null) as Record<string, unknown>; // a key may be any text
  let left = maxLength;
  for (const source of sources) {
    const weaker = keysByColumn(fields);
    for (const key in source.fields) {
      const sent = source.fields[key];
      const value = source.repeats && Array.isArray(sent) ? sent[0] : sent;
      if (value === null || value === undefined || isEventId(key)) continue;
      left -= Math.max(minLength, key.length + lengthOf(key, value) + 6);
      if (isScalar(value) && left >= 0) {
        for (const other of weaker.get(columnOf(key)) ?? []) delete fields[other];
        fields[key] = value;
      } else note(notes, key, "left out: too much to be said of every event of a list");
      if (left < 0) return { fields, repeats: false };
    }
  }
  return { fields, repeats: false };
};

/** A secret's is not counted: a recording does not have it. */
const lengthOf = (key: string, value: unknown): number =>
  isScalar(value) && meaningOf(key)?.kind !== "secret" ? String(value).length : 0;

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

const isEventId = (key: string): boolean => columnOf(key) === "id";

const columnOf = (key: string): ColumnName | undefined => {
  const meaning = meaningOf(key);
  return meaning?.kind === "column" ? meaning.column : undefined;
};

/** What was said of a column so far, under any of its names: a stronger source replaces all of it. */
const keysByColumn = (fields: Source["fields"]): ReadonlyMap<ColumnName | undefined, readonly string[]> => {
  const keys = new Map<ColumnName | undefined, string[]>();
  for (const key in fields) {
    const column = columnOf(key);
    if (column !== undefined) keys.set(column, [...(keys.get(column) ?? []), key]);
  }
  return keys;
};
