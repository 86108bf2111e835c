/** Reads one value as the type of its column: lenient about how it is written, strict about what it is. */
import { cleanText, textProblem } from "../../lib/clean-text.ts";
import { parseMoment } from "../../lib/moment.ts";
import { isLoginToken } from "../../lib/secret-names.ts";
import { unreachable } from "../../lib/unreachable.ts";
import type { ColumnType } from "../../model/event.ts";
import { parseUuid } from "../../model/ids.ts";
import type { Json } from "../../model/json.ts";
import { cleanContainer } from "./clean-json.ts";
import { parseExact } from "./exact-json.ts";
import { type Notes, note } from "./notes.ts";

const maxTextLength = 8192;

/** The value as its column stores it; undefined, and a note, for what cannot be read as that. */
export const coerce = (type: ColumnType, value: unknown, key: string, notes: Notes): Json | undefined => {
  switch (type) {
    case "text":
      return readText(value, key, notes);
    case "uuid":
      // The script sends an empty one with each view of a page but the first.
      if (value === "") return undefined;
      return (typeof value === "string" ? parseUuid(value) : null) ?? fail(key, "expected a UUID", notes);
    case "int":
      return readInt(value) ?? fail(key, "expected a whole number", notes);
    case "float":
      return readNumber(value) ?? fail(key, "expected a number", notes);
    case "bool":
      return readBool(value) ?? fail(key, "expected true or false", notes);
    case "time":
      return readTime(value) ?? fail(key, "expected milliseconds since 1970 or an RFC 3339 time", notes);
    case "json":
      return readJson(value, key, notes);
    default:
      return unreachable(type);
  }
};

/** A number, from a number or a numeric text; undefined for NaN, Infinity and everything else. */
export const readNumber = (value: unknown): number | undefined => {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "string" || value.length > 40 || !numeric.test(value)) return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
};

/** Milliseconds since 1970 up to the year 9999, from a number, a numeric text or an RFC 3339 time. */
export const readTime = (value: unknown): number | undefined => {
  const number = readNumber(value) ?? (isShortText(value) ? parseMoment(value) : undefined);
  return number !== undefined && number >= 0 && number <= lastTime ? Math.trunc(number) : undefined;
};

const isShortText = (value: unknown): value is string => typeof value === "string" && value.length <= 40;

const numeric = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const lastTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const fail = (key: string, problem: string, notes: Notes): undefined => {
  note(notes, key, problem);
  return undefined;
};

/** An empty text is an absent one, as old clients send it (`/tr/v1/vid/`): no value, and no problem. */
const readText = (value: unknown, key: string, notes: Notes): string | undefined => {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "string") return fail(key, "expected a text", notes);
  // The newest of the old scripts sends the visitor's login token as `auth`.
  if (isLoginToken(value)) return fail(key, "a login token is not stored", notes);
  const clean = cleanText(value, maxTextLength);
  if (clean !== value) note(notes, key, textProblem(value, maxTextLength) ?? "changed");
  return clean === "" ? undefined : clean;
};

const readInt = (value: unknown): number | undefined => {
  const number = readNumber(value);
  return Number.isSafeInteger(number) ? number : undefined;
};

const readBool = (value: unknown): boolean | undefined => {
  if (typeof value === "boolean") return value;
  if (value === 1 || value === "1") return true;
  if (value === 0 || value === "0") return false;
  if (typeof value !== "string" || value.length > 5) return undefined;
  const lower = value.toLowerCase();
  return lower === "true" ? true : lower === "false" ? false : undefined;
};

const readJson = (value: unknown, key: string, notes: Notes): Json | undefined => {
  const container = typeof value === "string" ? parseContainer(value) : value;
  if (typeof container !== "object" || container === null) {
    return fail(key, "expected an object or a list", notes);
  }
  return cleanContainer(container, key, notes);
};

/** An object or a list out of its JSON text, as query strings and old clients carry it; else undefined. */
export const parseContainer = (text: string): object | undefined => {
  if (text[0] !== "{" && text[0] !== "[") return undefined;
  try {
    return parseExact(text) as object; // begins with a bracket: cannot be anything else
  } catch {
    return undefined; // the caller names the problem
  }
};
