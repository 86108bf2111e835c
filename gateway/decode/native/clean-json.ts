/** Copies what a client sent as JSON into what may be stored: bounded in depth and size, without secrets. */
import { cleanText, textProblem } from "../../lib/clean-text.ts";
import { contactNames, isLoginToken, secretNames } from "../../lib/secret-names.ts";
import type { Json } from "../../model/json.ts";
import { type Notes, note } from "./notes.ts";

const maxDepth = 32;
const maxTextLength = 8192;
const maxKeyLength = 256;
const maxBytes = 65_536;

export type Properties = Record<string, Json>;

/**
 * How much may still be stored, in characters of JSON before anything is escaped. Counted while copying, so that
 * a body of any size costs no more than what is kept of it.
 */
export interface Room {
  left: number;
}

export const newRoom = (): Room => ({ left: maxBytes });

/** Puts one property under its key; what cannot be stored is left out and noted. */
export const putProperty = (
  into: Properties,
  key: string,
  value: unknown,
  room: Room,
  notes: Notes,
): void => {
  const before = room.left;
  const name = cleanText(key, maxKeyLength);
  if (name === "__proto__") {
    // Assigning to this one name would change the object's prototype.
    note(notes, key, "left out: not a usable name");
    return;
  }
  const clean = cleanValue(value, 1, key, room, notes);
  room.left -= name.length + perValue;
  if (room.left < 0) {
    room.left = before;
    note(notes, key, tooMuch);
  } else if (clean !== undefined) into[name] = clean;
};

/** Leaves out the properties past 64 KiB of JSON as it will be written, and notes them. */
export const limitSize = (properties: Properties, room: Room, notes: Notes): void => {
  if (isSmall(room)) return;
  let bytes = 2;
  for (const [key, value] of Object.entries(properties)) {
    const size = jsonBytes(key) + jsonBytes(value) + 2;
    if (bytes + size > maxBytes) {
      delete properties[key];
      note(notes, key, tooMuch);
    } else bytes += size;
  }
};

/** An object or a list as it may be stored in a column of its own; over 64 KiB it is left out and noted. */
export const cleanContainer = (value: object, field: string, notes: Notes): Json | undefined => {
  const room = newRoom();
  const clean = cleanValue(value, 0, field, room, notes);
  if (clean === undefined) return undefined;
  if (isSmall(room) || (room.left >= 0 && jsonBytes(clean) <= maxBytes)) return clean;
  note(notes, field, "left out: over 64 KiB");
  return undefined;
};

const perValue = 4;
const tooMuch = "left out: the properties are over 64 KiB";

/** A counted character takes six bytes at most (\u0001), a number of 24 digits is counted as four. */
const isSmall = (room: Room): boolean => room.left >= 0 && (maxBytes - room.left) * 6 <= maxBytes;

const jsonBytes = (value: Json): number => Buffer.byteLength(JSON.stringify(value));

/** Undefined is left out: a member of an object is not there, in a list it is null, so that the others keep their place. */
const cleanValue = (
  value: unknown,
  depth: number,
  field: string,
  room: Room,
  notes: Notes,
): Json | undefined => {
  room.left -= perValue;
  if (typeof value === "string") return cleanString(value, field, room, notes);
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
  if (Array.isArray(value)) return cleanList(value, depth, field, room, notes);
  return cleanObject(value as Readonly<Record<string, unknown>>, depth, field, room, notes);
};

const cleanString = (text: string, field: string, room: Room, notes: Notes): string | undefined => {
  if (isLoginToken(text)) {
    note(notes, field, "a login token is not stored");
    return undefined;
  }
  const clean = cleanText(text, maxTextLength);
  if (clean !== text) note(notes, field, textProblem(text, maxTextLength) ?? "changed");
  room.left -= clean.length;
  return clean;
};

const cleanList = (
  list: readonly unknown[],
  depth: number,
  field: string,
  room: Room,
  notes: Notes,
): Json => {
  const clean: Json[] = [];
  for (const value of list) {
    if (room.left < 0) break; // whoever made the room leaves out the whole of it
    clean.push(cleanValue(value, depth + 1, field, room, notes) ?? null);
  }
  return clean;
};

const cleanObject = (
  object: Readonly<Record<string, unknown>>,
  depth: number,
  field: string,
  room: Room,
  notes: Notes,
): Properties => {
  const clean: Properties = {};
  for (const key in object) {
    if (room.left < 0) break;
    const name = cleanText(key, maxKeyLength);
    room.left -= name.length;
    const why = refusal(name);
    if (why !== null) {
      note(notes, field, why);
      continue;
    }
    const value = cleanValue(object[key], depth + 1, field, room, notes);
    if (value !== undefined) clean[name] = value;
  }
  return clean;
};

const refusal = (key: string): string | null => {
  if (key === "__proto__") return "left out: not a usable name";
  const lower = key.toLowerCase();
  const isPrivate = secretNames.has(lower) || contactNames.has(lower);
  return isPrivate ? `left out: ${lower} is not stored as it is` : null;
};
