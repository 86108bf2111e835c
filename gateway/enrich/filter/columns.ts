/** What a filter may ask about: the columns of an event, and of its parameters those that have one. */
import { type Event, eventColumns } from "../../model/event.ts";
import { paramTypes } from "../../model/params.ts";
import type { Value } from "./operators.ts";

const params: ReadonlyMap<string, string> = new Map([
  ...[...paramTypes.keys()].map((name) => [`params_${name}`, name] as const),
  ["params_content_description", "content"],
]);

export const filterColumns: readonly string[] = [...eventColumns.map(({ name }) => name), ...params.keys()];

/** The value of one; null is the empty text. */
export const readColumn = (event: Event, column: string): Value => {
  const param = params.get(column);
  const from = param === undefined ? event : (event.properties ?? {});
  const value = (from as Readonly<Record<string, unknown>>)[param ?? column] ?? ""; // read by checked names alone
  return typeof value === "object" ? JSON.stringify(value) : (value as Value); // a column's types but JSON
};
