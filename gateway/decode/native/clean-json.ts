/** Copies what a client sent as JSON into what may be stored: bounded in depth and size, without secrets. */
import { cleanText, textProblem } from "../../lib/clean-text.ts";
import { contactNames, secretNames } from "../../lib/secret-names.ts";
import type { Json } from "../../model/json.ts";
import { type Notes, note } from "./notes.ts";

const maxDepth = 32;
const maxTextLength = 8192;
const maxKeyLength = 256;
const maxBytes = 65_536;

export type Properties = Record<string, Json>;

/** Puts one property under its key; what cannot be stored is left out and noted. */
export const putProperty = (into: Properties, key: string, value: unknown, notes: Notes): void => {
  put(into, key, value, 1, key, notes);
};

/** Leaves out the properties past 64 KiB of JSON, and notes them. */
export const limitSize = (properties: Properties, notes: Notes): void => {
  // A character takes six bytes at most (\u0001): what is certainly small enough is not written out.
  if (roughLength(properties) * 6 <= maxBytes) return;
  let bytes = 2;
  for (const [key, value] of Object.entries(properties)) {
    const size = jsonBytes(key) + jsonBytes(value) + 2;
    if (bytes + size > maxBytes) {
      delete properties[key];
      note(notes, key, "left out: the properties are over 64 KiB");
    } else bytes += size;
  }
};

/** An object or a list as it may be stored in a column of its own; over 64 KiB it is left out and noted. */
export const cleanContainer = (value: object, field: string, notes: Notes): Json | undefined => {
  const clean = cleanValue(value, 0, field, notes);
  if (clean === undefined) return undefined;
  if (roughLength(clean) * 6 <= maxBytes || jsonBytes(clean) <= maxBytes) return clean;
  note(notes, field, "left out: over 64 KiB");
  return undefined;
};

const put = (into: Properties, key: string, value: unknown, depth: number, field: string, notes: Notes) => {
  const name = cleanText(key, maxKeyLength);
  if (name === "__proto__") {
    // Assigning to this one name would change the object's prototype.
    note(notes, field, "left out: not a usable name");
    return;
  }
  const clean = cleanValue(value, depth, field, notes);
  if (clean !== undefined) into[name] = clean;
};

/** Undefined is left out: an undefined member of an object, null in a list, so that the others keep their place. */
const cleanValue = (value: unknown, depth: number, field: string, notes: Notes): Json | undefined => {
  if (typeof value === "string") return storableText(value, field, notes);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    note(notes, field, "left out: the number is too large");
    return undefined;
  }
  if (typeof value !== "object") return undefined;
  if (depth > maxDepth) {
    note(notes, field, `left out: deeper than ${maxDepth} levels`);
    return undefined;
  }
  if (Array.isArray(value)) return value.map((one) => cleanValue(one, depth + 1, field, notes) ?? null);
  return cleanObject(value, depth, field, notes);
};

const cleanObject = (value: object, depth: number, field: string, notes: Notes): Properties => {
  const clean: Properties = {};
  for (const [key, one] of Object.entries(value)) {
    if (isPrivate(key)) note(notes, field, `left out: ${cleanText(key, 32)} is not stored as it is`);
    else put(clean, key, one, depth + 1, field, notes);
  }
  return clean;
};

const isPrivate = (key: string): boolean => {
  const lower = key.toLowerCase();
  return secretNames.has(lower) || contactNames.has(lower);
};

const storableText = (text: string, field: string, notes: Notes): string => {
  const clean = cleanText(text, maxTextLength);
  if (clean !== text) note(notes, field, textProblem(text, maxTextLength) ?? "changed");
  return clean;
};

const jsonBytes = (value: Json): number => Buffer.byteLength(JSON.stringify(value));

/** Characters of the JSON, before anything in it is escaped; never too low. */
const roughLength = (value: Json): number => {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 24;
  let length = 2;
  if (Array.isArray(value)) {
    for (const one of value as readonly Json[]) length += roughLength(one) + 1;
    return length;
  }
  for (const [key, one] of Object.entries(value)) length += key.length + 4 + roughLength(one);
  return length;
};
