/** What the type of a column does not say: the range of its values, and the one form they are stored in. */
import type { ColumnName } from "../../model/event.ts";
import { parseUuid } from "../../model/ids.ts";
import type { Json } from "../../model/json.ts";
import { readNumber } from "./coerce.ts";

export interface Refinement {
  /** what is read instead of what was sent */
  readonly prepare?: (sent: unknown) => unknown;
  /** why a value is refused, or null */
  readonly refuse?: (value: Json) => string | null;
  readonly tidy?: (value: Json) => Json;
}

const within = (min: number, max: number, words: string): Refinement => ({
  refuse: (value) => (typeof value === "number" && value >= min && value <= max ? null : `expected ${words}`),
});

const matching = (pattern: RegExp, words: string): Refinement => ({
  refuse: (value) => (pattern.test(String(value)) ? null : `expected ${words}`),
});

/** Clocks of browsers and screens of phones have fractions that nobody asked for. */
const rounded = (sent: unknown): unknown => {
  if (Number.isInteger(sent)) return sent;
  const number = readNumber(sent);
  return number === undefined ? sent : Math.round(number);
};

const measure = (words: string): Refinement => ({
  prepare: rounded,
  ...within(0, Number.MAX_SAFE_INTEGER, words),
});

const trimmed = (sent: unknown): unknown => (typeof sent === "string" ? sent.trim() : sent);

const upper = (value: Json): Json => String(value).toUpperCase();

/** Ids that old clients write dashless or braced are stored as one form; other texts as they are. */
const uuidForm: Refinement = { tidy: (value) => parseUuid(String(value)) ?? value };

const hash = matching(/^[A-Za-z0-9_=+/-]{1,128}$/, "a hash, not what it is made of");

export const refinements: ReadonlyMap<ColumnName, Refinement> = new Map<ColumnName, Refinement>([
  ["lat", within(-90, 90, "degrees from -90 to 90")],
  ["lon", within(-180, 180, "degrees from -180 to 180")],
  ["engagement_time_ms", measure("milliseconds from 0 on")],
  ["vp_w", measure("pixels from 0 on")],
  ["vp_h", measure("pixels from 0 on")],
  ["value", within(-1e9, 1e9, "an amount within a billion")],
  ["currency", { prepare: trimmed, ...matching(/^[A-Za-z]{3}$/, "three letters (ISO 4217)"), tidy: upper }],
  ["geo_country", { tidy: (value) => (String(value).length === 2 ? upper(value) : value) }],
  ["client_session_id", uuidForm],
  ["ref", uuidForm],
  ["auth", uuidForm],
  ["org", uuidForm],
  ["rid", uuidForm],
  ["hhash", hash],
  ["bhash", hash],
  ["ehash", hash],
  ["chash", hash],
  ["uhash", hash],
]);
