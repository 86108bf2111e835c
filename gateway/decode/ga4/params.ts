/** Parameters and user properties of a GA4 event (`ep.`, `epn.`, `up.`, `upn.`) as what is stored of them. */
import { cleanText } from "../../lib/clean-text.ts";
import { contactNames, secretNames } from "../../lib/secret-names.ts";
import { paramTypes } from "../../model/params.ts";
import { limitSize, newRoom, type Properties, putProperty, type Room } from "../native/clean-json.ts";
import { type Notes, note } from "../native/notes.ts";
import { expected, readAs, readFloat, type Scalar } from "./casts.ts";
import type { Fields } from "./fields.ts";

export interface Params {
  readonly properties: Properties;
  readonly traits: Properties;
}

/** Those of a visitor who is not tracked are without what tells one person from another. */
export const readParams = (fields: Fields, tracked: boolean, notes: Notes): Params => {
  const bag = newBag(notes);
  for (const [field, text] of fields) {
    if (field.startsWith("ep.")) putParam(bag, field, 3, text, tracked);
    else if (field.startsWith("epn.")) putParam(bag, field, 4, text, tracked);
    else if (tracked && field.startsWith("up.")) put(bag, "traits", field, 3, text);
    else if (tracked && field.startsWith("upn.")) put(bag, "traits", field, 4, numberOf(field, text, notes));
  }
  return closeBag(bag);
};

interface Bag extends Params {
  readonly rooms: { readonly properties: Room; readonly traits: Room };
  readonly notes: Notes;
}

const newBag = (notes: Notes): Bag => ({
  properties: {},
  traits: {},
  rooms: { properties: newRoom(), traits: newRoom() },
  notes,
});

const closeBag = (bag: Bag): Params => {
  limitSize(bag.properties, bag.rooms.properties, bag.notes);
  limitSize(bag.traits, bag.rooms.traits, bag.notes);
  return bag;
};

const putParam = (bag: Bag, field: string, prefix: number, text: string, tracked: boolean): void => {
  const name = field.slice(prefix);
  if (!tracked && personalParams.has(name)) return;
  const value = typedValue(field, name, prefix === 4, text, bag.notes);
  // The same parameter may come as a text and as a number: one that says something stays.
  if (value === undefined || (value === null && name in bag.properties)) return;
  put(bag, "properties", field, prefix, value);
};

/** As long as the flat table has them. */
const maxTextLength = 8096;

/** Null for one that was sent empty, undefined for one that cannot be read. */
const typedValue = (
  field: string,
  name: string,
  isNumber: boolean,
  text: string,
  notes: Notes,
): Scalar | null | undefined => {
  if (text === "") return null;
  const type = paramTypes.get(name);
  if (type === undefined) return isNumber ? numberOf(field, text, notes) : shortText(field, text, notes);
  if (type === "text") return shortText(field, text, notes);
  const value = readAs(type, text);
  if (value === undefined) note(notes, field, expected[type]);
  return value;
};

const shortText = (field: string, text: string, notes: Notes): string => {
  if (text.length <= maxTextLength) return text;
  note(notes, field, `cut to ${maxTextLength} characters`);
  return cleanText(text, maxTextLength);
};

const numberOf = (field: string, text: string, notes: Notes): number | null | undefined => {
  if (text === "") return null;
  const number = readFloat(text);
  if (number === undefined) note(notes, field, expected.float);
  return number;
};

const put = (
  bag: Bag,
  into: keyof Params,
  field: string,
  prefix: number,
  value: Scalar | null | undefined,
): void => {
  if (value === undefined) return;
  const name = field.slice(prefix);
  const lower = name.toLowerCase();
  if (name === "") note(bag.notes, field, "left out: it has no name");
  else if (secretNames.has(lower)) note(bag.notes, field, "left out: secrets are not stored");
  else if (contactNames.has(lower)) note(bag.notes, field, `left out: ${lower} is not stored as it is`);
  else putProperty(bag[into], name, value, bag.rooms[into], bag.notes);
};

/** Parameters that are the same on all events of one browser, or stand for one click. */
export const personalParams: ReadonlySet<string> = new Set([
  "aclid",
  "anid",
  "dclid",
  "ga_session_id",
  "ga_session_number",
  "gclid",
  "srsltid",
  "user_id",
]);
