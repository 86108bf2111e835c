/** What is wrong in a settings file, in words that say where and what is allowed. */
import type { z } from "zod";
import { nearest } from "../lib/nearest.ts";
import { allowedAt, knownKeysAt, objectOption } from "./allowed.ts";
import { printable } from "./printable.ts";

export interface Mistake {
  /** `routes[0].proxy.upstreams[0]`, `line 3, column 5`, or empty for the file as a whole */
  readonly path: string;
  readonly message: string;
}

type Path = readonly PropertyKey[];

type Issue = z.core.$ZodIssue;

/** The schema's complaints as mistakes, in the order of the file's parts. `input` is what was parsed. */
export const toMistakes = (schema: z.ZodType, input: unknown, error: z.ZodError): readonly Mistake[] =>
  error.issues
    .flatMap((issue) => ofMeantOption(schema, input, issue))
    .flatMap((issue): Mistake[] => {
      const path = pathText(issue.path);
      if (issue.code === "unrecognized_keys") {
        const known = knownKeysAt(schema, issue.path);
        return issue.keys.map((key) => ({ path, message: unknownKey(key, known) }));
      }
      if (issue.code === "invalid_key") return [{ path, message: issue.issues[0]?.message ?? "is no key" }];
      return [{ path, message: describeIssue(schema, input, issue) }];
    });

/** Of a value with several forms, an object is told what is wrong in it, not that another form would do. */
const ofMeantOption = (schema: z.ZodType, input: unknown, issue: Issue): readonly Issue[] => {
  if (issue.code !== "invalid_union") return [issue];
  const given = valueAt(input, issue.path);
  if (typeof given !== "object" || given === null || Array.isArray(given)) return [issue];
  const option = objectOption(schema, issue.path);
  const inner = option === null ? [] : (issue.errors[option] ?? []);
  return inner.length === 0
    ? [issue]
    : inner.flatMap((one) =>
        ofMeantOption(schema, input, { ...one, path: [...issue.path, ...one.path] } as Issue),
      ); // the same issue, told from the root
};

const describeIssue = (schema: z.ZodType, input: unknown, issue: Issue): string => {
  const own = ownWords(issue);
  const expected = own ?? `expected ${allowedAt(schema, issue.path)}`;
  const given = valueAt(input, issue.path);
  if (given === undefined) return `is missing: ${expected}`;
  return `${expected}${own && typeof given === "object" ? "" : got(given, issue.path)}`;
};

/** What the schema itself says, where it does; the words of the library are not those of the settings. */
const ownWords = ({ code, message }: Issue): string | null => {
  if (/^(expected|did you mean) /.test(message)) return message;
  return (code === "custom" || code === "invalid_format") && !message.startsWith("Invalid") ? message : null;
};

/** `routes[0].proxy.upstreams[0]` */
export const pathText = (path: Path): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = printable(String(part));
    return text === "" ? name : `${text}.${name}`;
  }, "");

/** One line a mistake, under the file's name. */
export const formatMistakes = (file: string, mistakes: readonly Mistake[]): string => {
  const lines = mistakes.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  if (lines.length === 1) return `${file}: ${lines[0]}`;
  return `${file}: ${lines.length} mistakes\n${lines.map((line) => `  ${line}`).join("\n")}`;
};

const unknownKey = (key: string, known: readonly string[]): string => {
  const meant = nearest(key, known);
  const unknown = `unknown key \`${printable(key)}\``;
  return meant ? `${unknown}: did you mean \`${meant}\`?` : `${unknown}: known here are ${known.join(", ")}`;
};

const secrets = /^(writeKeys|legacyPepper|hmacKey|secret|users)$/;

const got = (value: unknown, path: Path): string => {
  // A store's URL may hold a password.
  if (path.join(".") === "limits.store" || path.some((part) => secrets.test(String(part)))) return ""; // an almost right secret is not for a log
  if (Array.isArray(value))
    return value.length === 0 ? ", got an empty list" : `, got a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return ", got an object";
  const written = typeof value === "number" ? String(value) : JSON.stringify(value); // 1e400 is no number of JSON
  const text = written?.replace(/:\/\/[^/]*@/g, "://…@"); // with a name and a password, likewise
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
