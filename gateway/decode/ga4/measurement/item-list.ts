import { cleanText } from "../../../lib/clean-text.ts";
import { type Notes, note } from "../../native/notes.ts";
import { readFloat } from "../casts.ts";
import { type Item, itemNumbers, itemTexts } from "../items.ts";
import { isObject, type JsonFields } from "./body.ts";

const maxItems = 200;

/** The goods of an event, as a list of objects; what is no known field of theirs is kept as the site's own. */
export const readItemList = (value: unknown, notes: Notes): Item[] => {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    note(notes, "items", "expected a list");
    return [];
  }
  if (value.length > maxItems) note(notes, "items", `more than ${maxItems}: those after them left out`);
  const items: Item[] = [];
  for (const [place, said] of value.slice(0, maxItems).entries()) {
    const item = isObject(said) ? readItem(said, place, notes) : {};
    if (item["item_id"] === undefined && item["item_name"] === undefined)
      note(notes, `items[${place}]`, "left out: neither id nor name");
    else items.push(item);
  }
  return items;
};

const readItem = (said: JsonFields, place: number, notes: Notes): Item => {
  const item: Item = {};
  const own: [string, string][] = [];
  for (const [name, value] of Object.entries(said).slice(0, maxFields)) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
    const text = cleanText(String(value), 1024);
    if (text === "") continue;
    if (itemTexts.has(name)) item[name] = text;
    else if (itemNumbers.has(name)) putNumber(item, name, text, place, notes);
    else if (name !== "__proto__") own.push([cleanText(name, 64), text]);
  }
  if (own.length > 0) item["item_params"] = Object.fromEntries(own);
  return item;
};

const maxFields = 64;

const putNumber = (item: Item, name: string, text: string, place: number, notes: Notes): void => {
  const number = readFloat(text);
  if (number === undefined) note(notes, `items[${place}].${name}`, "expected a number");
  else item[name] = number;
};
