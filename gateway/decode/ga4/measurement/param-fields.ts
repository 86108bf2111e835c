/** Parameters and user properties out of JSON, with the types that the parameters of a tag have. */
import { contactNames, secretNames } from "../../../lib/secret-names.ts";
import { paramTypes } from "../../../model/params.ts";
import { limitSize, newRoom, type Properties, putProperty } from "../../native/clean-json.ts";
import { type Notes, note } from "../../native/notes.ts";
import { expected, readAs } from "../casts.ts";
import { personalParams } from "../params.ts";
import { isObject, type JsonFields } from "./body.ts";
import { ownColumns } from "./text-fields.ts";

/** The parameters that have no column of their own. */
export const readParamFields = (params: JsonFields, tracked: boolean, notes: Notes): Properties => {
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(params)) {
    if (name === "items" || ownColumns.has(name) || value === null || value === undefined) continue;
    if (!tracked && personalParams.has(name)) continue;
    const typed = typedValue(name, value, notes);
    if (typed !== undefined) kept.push([name, typed]);
  }
  return keep(kept, notes);
};

/** `{name: {value}}`, as user properties are sent; a bare value is taken as well. */
export const readTraits = (userProperties: JsonFields, notes: Notes): Properties => {
  const kept = Object.entries(userProperties).map(([name, said]): [string, unknown] => [
    name,
    isObject(said) ? (said["value"] ?? null) : said,
  ]);
  return keep(kept, notes);
};

const typedValue = (name: string, value: unknown, notes: Notes): unknown => {
  const type = paramTypes.get(name);
  if (type === undefined) return value;
  if (value === "") return null;
  const isScalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const typed = isScalar ? readAs(type, String(value)) : undefined;
  if (typed === undefined) note(notes, name, expected[type]);
  return typed;
};

const keep = (pairs: readonly (readonly [string, unknown])[], notes: Notes): Properties => {
  const properties: Properties = {};
  const room = newRoom();
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    if (name === "") note(notes, "params", "left out: it has no name");
    else if (secretNames.has(lower)) note(notes, name, "left out: secrets are not stored");
    else if (contactNames.has(lower)) note(notes, name, `left out: ${lower} is not stored as it is`);
    else putProperty(properties, name, value, room, notes);
  }
  limitSize(properties, room, notes);
  return properties;
};
