/** Parameters and user properties of a GA4 event (`ep.`, `epn.`, `up.`, `upn.`) as what is stored of them. */
import { contactNames, secretNames } from "../../lib/secret-names.ts";
import { paramTypes } from "../../model/params.ts";
import { limitSize, newRoom, type Properties, putProperty, type Room } from "../native/clean-json.ts";
import { type Notes, note } from "../native/notes.ts";
import { expected, readAs, readFloat, type Scalar } from "./casts.ts";
import { maxTextBytes, shortText } from "./cut-text.ts";
import type { Fields } from "./fields.ts";

export interface Params {
  readonly properties: Properties;
  readonly traits: Properties;
  /** parameters whose value here does not tell what was sent, by their fields */
  readonly asSent: Fields;
}

/** Those of a visitor who is not tracked are without what tells one person from another. */
export const readParams = (fields: Fields, tracked: boolean, notes: Notes): Params => {
  const bag = newBag(notes);
  for (const [field, text] of fields) {
    if (field.startsWith("ep.")) putParam(bag, { field, prefix: 3, text }, tracked);
    else if (field.startsWith("epn.")) putParam(bag, { field, prefix: 4, text }, tracked);
    else if (tracked && field.startsWith("up.")) put(bag, "traits", field, 3, text);
    else if (tracked && field.startsWith("upn.")) put(bag, "traits", field, 4, numberOf(field, text, notes));
  }
  return closeBag(bag);
};

interface Bag extends Params {
  readonly asSent: Map<string, string>;
  readonly rooms: { readonly properties: Room; readonly traits: Room };
  readonly notes: Notes;
}

const newBag = (notes: Notes): Bag => ({
  properties: {},
  traits: {},
  asSent: new Map(),
  rooms: { properties: newRoom(), traits: newRoom() },
  notes,
});

const closeBag = (bag: Bag): Params => {
  limitSize(bag.properties, bag.rooms.properties, bag.notes);
  limitSize(bag.traits, bag.rooms.traits, bag.notes);
  return bag;
};

interface Param {
  readonly field: string;
  /** how much of the field stands before its name */
  readonly prefix: 3 | 4;
  readonly text: string;
}

const putParam = (bag: Bag, param: Param, tracked: boolean): void => {
  const { field, prefix, text } = param;
  const name = field.slice(prefix);
  if (!tracked && personalParams.has(name)) return;
  const value = typedValue(param, name, bag.notes);
  // The same parameter may come as a text and as a number: the first that says something stays.
  const isTaken = (bag.properties[name] ?? null) !== null;
  if (value !== undefined && !isTaken && !(value === null && name in bag.properties))
    put(bag, "properties", field, prefix, value);
  if ((isTaken || !tellsForm(param, value)) && isListed(param, name)) bag.asSent.set(field, text);
};

/** Does the stored value say what was sent? `ep.` are texts and `epn.` numbers, whatever their columns are. */
const tellsForm = ({ prefix, text }: Param, value: Scalar | null | undefined): boolean => {
  if (prefix === 4) return typeof value === "number";
  if (typeof value === "boolean") return String(value) === text;
  return value === null || typeof value === "string";
};

const isListed = ({ prefix, text }: Param, name: string): boolean =>
  name !== "" && !isPrivate(name.toLowerCase()) && (prefix === 3 || readFloat(text) !== undefined);

const isPrivate = (lower: string): boolean => secretNames.has(lower) || contactNames.has(lower);

/** Null for a text that was sent empty, undefined for what cannot be read. */
const typedValue = (
  { field, prefix, text }: Param,
  name: string,
  notes: Notes,
): Scalar | null | undefined => {
  if (text === "") return prefix === 4 ? undefined : null;
  const type = paramTypes.get(name);
  if (type === undefined && prefix === 4) return numberOf(field, text, notes);
  if (type === undefined || type === "text") return shortText(text, field, maxTextBytes, notes);
  const value = readAs(type, text);
  if (value === undefined) note(notes, field, expected[type]);
  return value;
};

const numberOf = (field: string, text: string, notes: Notes): number | null | undefined => {
  if (text === "") return null;
  const number = readFloat(text);
  if (number === undefined) note(notes, field, expected.float);
  return number;
};

const put = (
  bag: Bag,
  into: "properties" | "traits",
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
