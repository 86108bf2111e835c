/** The parameters of a tag's event as one list, as the flat table has it. */
import { readAs, readFloat } from "../decode/ga4/casts.ts";
import type { Event } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import { paramTypes } from "../model/params.ts";

interface Entry {
  readonly name: string;
  readonly value_string: string | null;
  readonly value_number: number | null;
}

/** By name. What a column reads in another way than it was sent stands in the list as it was sent. */
export const listParams = ({ properties, protocol_fields: fields }: Event): Json => {
  const entries = Object.entries(properties ?? {});
  const sent = fields ? Object.entries(fields).flatMap(sentParam) : [];
  const left = sent.length === 0 ? entries : entries.filter((one) => !sent.some((form) => tells(form, one)));
  return [...left.map(entryOf), ...sent.map(({ entry }) => entry)].sort((a, b) =>
    a.name === b.name ? 0 : a.name < b.name ? -1 : 1,
  ) as unknown as Json; // entries are plain values
};

interface Sent {
  readonly entry: Entry;
  /** what its column reads of it */
  readonly value: Json | undefined;
}

const sentParam = ([field, text]: readonly [string, Json]): readonly Sent[] => {
  const isNumber = field.startsWith("epn.");
  if (typeof text !== "string" || (!isNumber && !field.startsWith("ep."))) return [];
  const name = field.slice(isNumber ? 4 : 3);
  const number = readFloat(text) ?? null;
  const type = paramTypes.get(name);
  const value = type === undefined ? (isNumber ? number : text) : readAs(type, text);
  const entry: Entry = isNumber
    ? { name, value_string: null, value_number: number }
    : { name, value_string: text, value_number: null };
  return [{ entry, value }];
};

const tells = ({ entry, value }: Sent, [name, stored]: readonly [string, Json]): boolean =>
  entry.name === name && value === stored;

/** One sent empty is an empty text. */
const entryOf = ([name, stored]: readonly [string, Json]): Entry => {
  const value = stored ?? "";
  if (typeof value === "number") return { name, value_string: null, value_number: value };
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return { name, value_string: text, value_number: null };
};
