/** The goods of an event: `pr1`, `pr2`, … each a text of fields that begin with two letters. */
import { cleanText } from "../../lib/clean-text.ts";
import { type Notes, note } from "../native/notes.ts";
import { readFloat } from "./casts.ts";
import type { Fields } from "./fields.ts";

/** One of the goods, as far as it was said what it is. */
export type Item = Record<string, string | number | Record<string, string>>;

const maxItems = 200;
const maxTextLength = 1024;
const maxItemLength = 16_384;

const textFields: ReadonlyMap<string, string> = new Map([
  ["id", "item_id"],
  ["nm", "item_name"],
  ["af", "affiliation"],
  ["cp", "coupon"],
  ["br", "item_brand"],
  ["ca", "item_category"],
  ["c2", "item_category2"],
  ["c3", "item_category3"],
  ["c4", "item_category4"],
  ["c5", "item_category5"],
  ["li", "item_list_id"],
  ["ln", "item_list_name"],
  ["va", "item_variant"],
  ["lo", "location_id"],
  ["cn", "creative_name"],
  ["cs", "creative_slot"],
  ["pi", "promotion_id"],
  ["pn", "promotion_name"],
]);

const numberFields: ReadonlyMap<string, string> = new Map([
  ["ds", "discount"],
  ["lp", "index"],
  ["pr", "price"],
  ["qt", "quantity"],
]);

/** Names of an item's fields in JSON. */
export const itemTexts: ReadonlySet<string> = new Set(textFields.values());
export const itemNumbers: ReadonlySet<string> = new Set(numberFields.values());

/** In the order of their numbers. `promo=…` is no item, for all that it begins with the same letters. */
export const readItems = (fields: Fields, notes: Notes): Item[] => {
  const found: [number, Item][] = [];
  for (const [name, text] of fields) {
    const place = itemKey.exec(name)?.[1];
    if (place === undefined || text === "") continue;
    const item = readItem(name, text, notes);
    if (item["item_id"] === undefined && item["item_name"] === undefined)
      note(notes, name, "left out: neither id nor name");
    else found.push([Number(place), item]);
  }
  if (found.length > maxItems) note(notes, "items", `more than ${maxItems}: those after them left out`);
  return found
    .sort(([a], [b]) => a - b)
    .slice(0, maxItems)
    .map(([, item]) => item);
};

const itemKey = /^pr(\d{1,4})$/;

const readItem = (name: string, text: string, notes: Notes): Item => {
  const item: Item = {};
  const names = new Map<string, string>();
  const values = new Map<string, string>();
  for (const part of splitItem(text.slice(0, maxItemLength))) {
    const key = part.slice(0, 2);
    const value = part.slice(2);
    if (value === "") continue;
    const field = textFields.get(key);
    if (field !== undefined) item[field] = cleanText(value, maxTextLength);
    else if (numberFields.has(key)) putNumber(item, name, key, value, notes);
    else if (/^k\d$/.test(key)) names.set(key.slice(1), value);
    else if (/^v\d$/.test(key)) values.set(key.slice(1), value);
  }
  putOwnFields(item, names, values);
  return item;
};

/** Fields are told apart by `~`; a value that contains one has it doubled. */
const splitItem = (text: string): readonly string[] => {
  const [first = "", ...rest] = text.split("~~");
  const parts = first.split("~");
  for (const piece of rest) {
    const [head = "", ...others] = piece.split("~");
    parts.push(`${parts.pop() ?? ""}~${head}`, ...others);
  }
  return parts;
};

const putNumber = (item: Item, name: string, key: string, text: string, notes: Notes): void => {
  const field = numberFields.get(key) ?? key;
  const number = readFloat(text);
  if (number === undefined) note(notes, `${name}.${field}`, "expected a number");
  else item[field] = number;
};

/** What the site says of its goods in words of its own: names and values in pairs of a digit. */
const putOwnFields = (
  item: Item,
  names: ReadonlyMap<string, string>,
  values: ReadonlyMap<string, string>,
): void => {
  const own: [string, string][] = [];
  for (const [digit, name] of names) {
    const value = values.get(digit);
    if (value !== undefined && name !== "__proto__")
      own.push([cleanText(name, 64), cleanText(value, maxTextLength)]);
  }
  if (own.length > 0) item["item_params"] = Object.fromEntries(own);
};
