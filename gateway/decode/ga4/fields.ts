/** Fields out of a query or a line of a body: form-encoded, each with its first value. */
import { isLoginToken } from "../../lib/secret-names.ts";

export type Fields = ReadonlyMap<string, string>;

const none: Fields = new Map();

/** Of one text so many are read: a tag sends a hundred at most, with two hundred goods. */
export const maxFields = 500;

/** Of a name that is repeated the first value counts; what of it is not encoded right stays as it was sent. */
export const readFields = (text: string): Fields => {
  if (text === "") return none;
  const fields = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    if (fields.size >= maxFields) break;
    if (!fields.has(name)) fields.set(name, at < 0 ? "" : decode(pair.slice(at + 1)));
  }
  return fields;
};

const decode = (text: string): string => {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  return decodeRun(spaced) ?? spaced.replaceAll(encodedRun, (run) => decodeRun(run) ?? run);
};

const encodedRun = /(?:%[0-9a-f]{2})+/gi;

/** Null for what is not UTF-8, or not encoded after all. */
const decodeRun = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};

/** What is sent once for all lines, and what a line says itself: a line's word takes the place of the other. */
export const joinFields = (shared: Fields, line: Fields): Fields => {
  if (shared.size === 0) return line;
  const joined = new Map(shared);
  for (const [name, value] of line) joined.set(name, value);
  return joined;
};

/** The field's text; undefined where it is absent, empty, or somebody's login token. */
export const textOf = (fields: Fields, name: string): string | undefined => {
  const value = fields.get(name);
  return value === undefined || value === "" || isLoginToken(value) ? undefined : value;
};
