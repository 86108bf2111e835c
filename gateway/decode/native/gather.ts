/** Joins what path, query, batch and body say of one event. Later sources win, field by field. */
import { unreachable } from "../../lib/unreachable.ts";
import type { ColumnName, ColumnType } from "../../model/event.ts";
import type { Json } from "../../model/json.ts";
import { limitSize, newRoom, type Properties, putProperty, type Room } from "./clean-json.ts";
import { coerce, parseContainer } from "./coerce.ts";
import type { ContactKind } from "./contacts.ts";
import { amountOf, type ColumnField, liftOf, meaningOf } from "./fields.ts";
import { type Notes, note } from "./notes.ts";

export interface Source {
  readonly fields: Readonly<Record<string, unknown>>;
  /** a list in it is a key that was repeated in a text, not a list that was sent */
  readonly repeats: boolean;
}

/** One field as it was sent. */
interface Given {
  readonly key: string;
  readonly field: ColumnField;
  readonly value: unknown;
  /** place of what said it: a later one wins under whichever of its names */
  readonly source: number;
}

export interface Bag {
  /** false leaves out every field that says who somebody is */
  readonly tracked: boolean;
  readonly columns: Map<ColumnName, Given>;
  readonly contacts: Map<ContactKind, unknown>;
  readonly client: { address?: string; userAgent?: string };
  readonly params: unknown[];
  readonly properties: Properties;
  readonly room: Room;
  readonly notes: Notes;
}

export const gather = (sources: readonly Source[], tracked: boolean, notes: Notes): Bag => {
  const bag: Bag = {
    tracked,
    columns: new Map(),
    contacts: new Map(),
    client: {},
    params: [],
    properties: {},
    room: newRoom(),
    notes,
  };
  for (const [place, source] of sources.entries()) {
    const from = { place, repeats: source.repeats };
    for (const key in source.fields) {
      const value = source.fields[key];
      if (value !== null && value !== undefined) putField(bag, key, value, from);
    }
  }
  for (const params of bag.params) putParams(bag, params);
  limitSize(bag.properties, bag.room, notes);
  return bag;
};

/** Takes a column out of the bag, read as `type`; undefined where it was not sent or cannot be read. */
export const take = (bag: Bag, column: ColumnName, type: ColumnType): Json | undefined => {
  const given = bag.columns.get(column);
  if (given === undefined) return undefined;
  bag.columns.delete(column);
  return coerce(type, given.value, given.key, bag.notes);
};

export const takeText = (bag: Bag, column: ColumnName): string | undefined => {
  const value = take(bag, column, "text");
  return typeof value === "string" ? value : undefined;
};

/** Which source says a field, and whether a list in it is a repeated key. */
interface From {
  readonly place: number;
  readonly repeats: boolean;
}

const putField = (bag: Bag, key: string, value: unknown, from: From): void => {
  const meaning = meaningOf(key);
  switch (meaning?.kind) {
    case undefined:
      putProperty(bag.properties, key, value, bag.room, bag.notes);
      break;
    case "column":
      if (bag.tracked || !meaning.personal) putColumn(bag, key, meaning, value, from);
      break;
    case "params":
      bag.params.push(value);
      break;
    case "contact":
      if (bag.tracked) bag.contacts.set(meaning.contact, value);
      break;
    case "advertisingId":
      if (bag.tracked) putProperty(bag.properties, key, value, bag.room, bag.notes);
      break;
    case "secret":
      note(bag.notes, key, secretProblem);
      break;
    case "client":
      if (typeof value === "string") bag.client[meaning.fact] = value.slice(0, maxFactLength);
      break;
    case "marker":
      break;
    default:
      unreachable(meaning);
  }
};

const maxFactLength = 512;
const secretProblem = "left out: secrets are not stored";

const putColumn = (bag: Bag, key: string, field: ColumnField, sent: unknown, from: From): void => {
  let value = sent;
  if (from.repeats && Array.isArray(sent) && field.type !== "json") {
    value = sent[0];
    note(bag.notes, key, `sent ${sent.length} times: the first was taken`);
  }
  if (field.column === "traits") putContactsOf(bag, value);
  const before = bag.columns.get(field.column);
  const wins = before === undefined || before.source < from.place || before.field.rank >= field.rank;
  if (wins) bag.columns.set(field.column, { key, field, value, source: from.place });
};

const putParams = (bag: Bag, sent: unknown): void => {
  const params = typeof sent === "string" ? parseContainer(sent) : sent;
  if (typeof params !== "object" || params === null || Array.isArray(params)) {
    note(bag.notes, "params", "expected an object");
    return;
  }
  const fields = params as Readonly<Record<string, unknown>>; // an object of JSON
  for (const key in fields) {
    if (fields[key] !== null) putParam(bag, key, fields[key]);
  }
};

const putParam = (bag: Bag, key: string, value: unknown): void => {
  const meaning = meaningOf(key);
  switch (meaning?.kind) {
    case "secret":
      note(bag.notes, key, secretProblem);
      break;
    case "contact":
      putContact(bag, meaning.contact, value);
      break;
    case "client":
    case "marker":
      break;
    case "advertisingId":
      if (bag.tracked) putProperty(bag.properties, key, value, bag.room, bag.notes);
      break;
    case "column":
      if (bag.tracked || !meaning.personal) putOwnParam(bag, key, value);
      break;
    default:
      putProperty(bag.properties, key, value, bag.room, bag.notes);
  }
};

/** The place of what is lifted out of `params`: it is weaker than whatever is said outside of them. */
export const liftedPlace = -1;
const lifted: From = { place: liftedPlace, repeats: false };

/**
 * Keys of `params` are the site's own, whatever they are called, except six that the original script lifts, those of a
 * campaign, which it leaves there as it found them in the page's address, and the amount of what our script calls a
 * track or an outcome.
 */
const putOwnParam = (bag: Bag, key: string, value: unknown): void => {
  const amount = saysAmount(bag) ? amountOf(key) : undefined;
  if (amount !== undefined && coerce(amount.type, value, key, bag.notes) !== undefined) {
    putColumn(bag, key, amount, value, lifted);
    return;
  }
  const lift = liftOf(key);
  if (lift !== undefined && canRead(lift.field, value)) {
    putColumn(bag, key, lift.field, value, lifted);
    if (!lift.keep) return;
  }
  putProperty(bag.properties, key, value, bag.room, bag.notes);
};

const saysAmount = ({ columns }: Bag): boolean => {
  const type = columns.get("type")?.value;
  return type === "track" || type === "outcome";
};

const canRead = (field: ColumnField, value: unknown): boolean =>
  coerce(field.type, value, field.column, []) !== undefined;

/** Of what is said outside and inside of `params` or `traits`, the outside wins. */
const putContact = (bag: Bag, contact: ContactKind, value: unknown): void => {
  if (bag.tracked && !bag.contacts.has(contact)) bag.contacts.set(contact, value);
};

const putContactsOf = (bag: Bag, traits: unknown): void => {
  if (typeof traits !== "object" || traits === null) return;
  const fields = traits as Readonly<Record<string, unknown>>; // an object of JSON
  for (const key in fields) {
    const meaning = meaningOf(key);
    if (meaning?.kind === "contact" && fields[key] !== null) putContact(bag, meaning.contact, fields[key]);
  }
};
