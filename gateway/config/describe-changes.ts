import { isDeepStrictEqual } from "node:util";
import type { Config } from "./schema.ts";

/**
 * What differs between two configurations, a line each: `experiments[0].variants[1].weight: 1 → 3`.
 * Parts of a list are told apart by their key or id, so that one put in front does not change all after it.
 */
export const describeChanges = (before: Config, after: Config): string[] => changes("", before, after);

const changes = (path: string, before: unknown, after: unknown): string[] => {
  if (isDeepStrictEqual(before, after)) return [];
  if (secrets.test(path)) return [`${path}: changed`];
  if (isRecord(before) && isRecord(after)) return recordChanges(path, before, after);
  if (isNamedList(before) && isNamedList(after)) return listChanges(path, before, after);
  return [`${path}: ${show(before)} → ${show(after)}`];
};

// Keys and peppers are no matter for a terminal or a log.
const secrets =
  /(^|\.)(writeKeys|legacyPepper|hmacKey|identity\.secret|limits\.store|sinks\[\d+\]\.(url|secret|settings))$|\.basicAuth(\.users\b.*)?$/;

const recordChanges = (path: string, before: Fields, after: Fields): string[] => {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changes(path ? `${path}.${key}` : key, before[key], after[key]));
};

const listChanges = (path: string, before: readonly Fields[], after: readonly Fields[]): string[] => {
  const gone = before.flatMap((part, i) =>
    after.some((other) => nameOf(other) === nameOf(part)) ? [] : [`${path}[${i}]: ${nameOf(part)} removed`],
  );
  const rest = after.flatMap((part, i) => {
    const old = before.find((other) => nameOf(other) === nameOf(part));
    return old ? changes(`${path}[${i}]`, old, part) : [`${path}[${i}]: ${nameOf(part)} added`];
  });
  const lines = [...gone, ...rest];
  return lines.length > 0 ? lines : [`${path}: another order: ${after.map(nameOf).join(", ")}`];
};

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isNamedList = (value: unknown): value is readonly Fields[] =>
  Array.isArray(value) && value.every((part) => isRecord(part) && nameOf(part) !== "");

/** What a part of a list is called: its key or id, or for a route its hosts and path. */
const nameOf = (part: Fields): string => {
  if (Array.isArray(part["hosts"]) && "path" in part) return `${part["hosts"].join(",")} ${part["path"]}`;
  return String(part["key"] ?? part["id"] ?? "");
};

const shownCharacters = 60;

/** One value in a line; a part with all its defaults would fill a screen. */
const show = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
};
