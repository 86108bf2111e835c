/** What is wrong in a settings file, in words that say where and what is allowed. */
import type { z } from "zod";
import { nearest } from "../lib/nearest.ts";
import { allowedAt, knownKeysAt } from "./allowed.ts";

export interface Mistake {
  /** `routes[0].proxy.upstreams[0]`, `line 3, column 5`, or empty for the file as a whole */
  readonly path: string;
  readonly message: string;
}

type Path = readonly PropertyKey[];

/** The schema's complaints as mistakes, in the order of the file's parts. `input` is what was parsed. */
export const toMistakes = (schema: z.ZodType, input: unknown, error: z.ZodError): readonly Mistake[] =>
  error.issues.flatMap((issue): Mistake[] => {
    if (issue.code === "unrecognized_keys") {
      const known = knownKeysAt(schema, issue.path);
      return issue.keys.map((key) => ({ path: pathText(issue.path), message: unknownKey(key, known) }));
    }
    const own = issue.code === "custom" || issue.code === "invalid_format" ? issue.message : null;
    const expected = own && !own.startsWith("Invalid") ? own : `expected ${allowedAt(schema, issue.path)}`;
    const given = valueAt(input, issue.path);
    const message =
      given === undefined
        ? `is missing: ${expected}`
        : `${expected}${own && typeof given === "object" ? "" : got(given, issue.path)}`;
    return [{ path: pathText(issue.path), message }];
  });

/** `routes[0].proxy.upstreams[0]` */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");

/** One line a mistake, under the file's name. */
export const formatMistakes = (file: string, mistakes: readonly Mistake[]): string => {
  const lines = mistakes.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  if (lines.length === 1) return `${file}: ${lines[0]}`;
  return `${file}: ${lines.length} mistakes\n${lines.map((line) => `  ${line}`).join("\n")}`;
};

const unknownKey = (key: string, known: readonly string[]): string => {
  const meant = nearest(key, known);
  return meant
    ? `unknown key \`${key}\`: did you mean \`${meant}\`?`
    : `unknown key \`${key}\`: known here are ${known.join(", ")}`;
};

const secrets = /^(writeKeys|legacyPepper|hmacKey|secret|users)$/;

const got = (value: unknown, path: Path): string => {
  // A store's URL may hold a password.
  if (path.join(".") === "limits.store" || path.some((part) => secrets.test(String(part)))) return ""; // an almost right secret is not for a log
  if (Array.isArray(value))
    return value.length === 0 ? ", got an empty list" : `, got a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return ", got an object";
  const text = JSON.stringify(value);
  return `, got ${text.length > 60 ? `${text.slice(0, 57)}…` : text}`;
};

const valueAt = (value: unknown, path: Path): unknown => {
  let here = value;
  for (const part of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Record<PropertyKey, unknown>)[part]; // `hasOwn` has looked
  }
  return here;
};
