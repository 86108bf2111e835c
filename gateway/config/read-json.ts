import { printable } from "./printable.ts";

export type ReadJson =
  | { readonly kind: "ok"; readonly value: unknown }
  | { readonly kind: "wrong"; readonly line: number; readonly column: number; readonly message: string };

/**
 * Reads JSON as `JSON.parse` does, but says where a mistake is and what was expected there, and takes a key
 * that comes twice for a mistake. Comments, `// …` and `/* … *\/`, and a byte order mark, which some editors write, are
 * skipped.
 */
export const readJson = (source: string): ReadJson => {
  const text = source.startsWith("\uFEFF") ? source.slice(1) : source;
  let comments: readonly Comment[];
  try {
    comments = checkJson(text);
  } catch (error) {
    if (!(error instanceof Misplaced)) throw error;
    const before = text.slice(0, error.at).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { kind: "wrong", line: before.length, column, message: error.message };
  }
  return { kind: "ok", value: JSON.parse(withoutComments(text, comments)) as unknown };
};

interface Comment {
  readonly from: number;
  readonly to: number;
}

const withoutComments = (text: string, comments: readonly Comment[]): string => {
  let rest = "";
  let at = 0;
  for (const { from, to } of comments) {
    rest += text.slice(at, from);
    at = to;
  }
  return rest + text.slice(at);
};

// A sign beyond U+FFFF is two units of the text.
const signAt = (text: string, at: number): string => String.fromCodePoint(text.codePointAt(at) ?? 0);

class Misplaced extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const maxDepth = 100;
const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const word = /[A-Za-z_$][\w$]*/y;

/** Throws at the first mistake; answers where the comments are. */
const checkJson = (text: string): readonly Comment[] => {
  let at = 0;
  const comments: Comment[] = [];

  const fail = (message: string, where = at): never => {
    throw new Misplaced(where, message);
  };
  const skipSpace = () => {
    for (;;) {
      while (" \t\r\n".includes(text[at] ?? "x")) at++;
      if (text[at] !== "/" || !"/*".includes(text[at + 1] ?? "x")) return;
      skipComment();
    }
  };
  const skipComment = () => {
    const from = at;
    const isLine = text[at + 1] === "/";
    const end = text.indexOf(isLine ? "\n" : "*/", at + 2);
    if (end < 0 && !isLine) fail("this comment has no end: expected `*/`");
    at = end < 0 ? text.length : end + (isLine ? 0 : 2);
    comments.push({ from, to: at });
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const found = () => (at >= text.length ? "the end of the file" : `\`${printable(signAt(text, at))}\``);

  const value = (depth: number): void => {
    if (depth > maxDepth) fail(`more than ${maxDepth} levels deep`);
    skipSpace();
    if (text[at] === "{") members(depth);
    else if (text[at] === "[") list("]", () => value(depth + 1));
    else scalar();
  };

  const scalar = (): void => {
    const start = at;
    if (text[at] === "'") fail("a text stands in double quotes");
    const name = match(word);
    if (name === "true" || name === "false" || name === "null") return;
    if (name !== null) fail(`expected a value, found \`${name}\`: a text stands in double quotes`, start);
    if (text[at] === '"') key("a text");
    else if (match(number) === null) fail(`expected a value, found ${found()}`);
  };

  const key = (what: string): string => {
    const start = at;
    if (text[at] !== '"') fail(`expected ${what} in double quotes, found ${found()}`);
    const literal = match(string);
    return literal === null
      ? fail("this text has no closing quote on its line, or a `\\` or control character in it", start)
      : (JSON.parse(literal) as string);
  };

  const members = (depth: number): void => {
    const keys = new Set<string>();
    list("}", () => {
      const start = at;
      const name = key("a key");
      if (keys.has(name)) fail(`the key \`${name}\` comes twice`, start);
      keys.add(name);
      skipSpace();
      if (text[at] !== ":") fail(`expected \`:\` after the key \`${name}\`, found ${found()}`);
      at++;
      value(depth + 1);
    });
  };

  const list = (close: "}" | "]", element: () => void): void => {
    at++;
    skipSpace();
    if (text[at] === close) return void at++;
    for (;;) {
      element();
      skipSpace();
      if (text[at] === close) return void at++;
      if (text[at] !== ",") fail(`expected \`,\` or \`${close}\`, found ${found()}`);
      const comma = at;
      at++;
      skipSpace();
      if (text[at] === close) fail(`nothing follows this comma: take it away`, comma);
    }
  };

  value(0);
  skipSpace();
  if (at < text.length) fail(`expected the end of the file, found ${found()}`);
  return comments;
};
