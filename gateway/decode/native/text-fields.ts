/** Fields out of a path or a query: all values are text, and a key that is repeated has a list of them. */
import { type Notes, note } from "./notes.ts";

/** Has no prototype: any text may be a key. */
export type TextFields = Record<string, string | string[]>;

/**
 * The key-value pairs of a path after the endpoint that took it. It is split before it is decoded, so that a value
 * may carry %2F. A trailing key without a value is dropped, a trailing slash gives its key an empty one; doubled
 * slashes count as one.
 */
export const readTuples = (path: string, base: string, notes: Notes): TextFields | null => {
  if (!path.startsWith(base) || path.length === base.length) return null;
  const rest = path.slice(base.length);
  const parts = rest.split("/").filter((part, i, all) => part !== "" || i === all.length - 1);
  const fields = emptyFields();
  for (let i = 0; i + 1 < parts.length; i += 2) {
    add(fields, decode(parts[i] ?? "", notes), decode(parts[i + 1] ?? "", notes));
  }
  return orNull(fields);
};

/** The fields of a query string; none of them where `igqp` is present, which is how clients switch it off. */
export const readQuery = (query: string, notes: Notes): TextFields | null => {
  if (query === "") return null;
  const fields = emptyFields();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const key = decode(plusToSpace(at < 0 ? pair : pair.slice(0, at)), notes);
    add(fields, key, at < 0 ? "" : decode(plusToSpace(pair.slice(at + 1)), notes));
  }
  return "igqp" in fields ? null : orNull(fields);
};

const emptyFields = (): TextFields => Object.create(null) as TextFields;

const orNull = (fields: TextFields): TextFields | null => {
  for (const _ in fields) return fields;
  return null;
};

const add = (fields: TextFields, key: string, value: string): void => {
  const before = fields[key];
  if (key === "") return;
  if (before === undefined) fields[key] = value;
  else if (typeof before === "string") fields[key] = [before, value];
  else before.push(value);
};

const plusToSpace = (text: string): string => (text.includes("+") ? text.replaceAll("+", " ") : text);

const decode = (text: string, notes: Notes): string => {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    note(notes, text, "not percent-encoded UTF-8: kept as it was sent");
    return text;
  }
};
