/** Cuts an expression of a traffic filter into tokens. */

export type Token =
  | { readonly kind: "text"; readonly value: string; readonly at: number }
  | { readonly kind: "number"; readonly value: number; readonly at: number }
  | { readonly kind: "name"; readonly value: string; readonly at: number }
  | { readonly kind: "sign"; readonly value: string; readonly at: number };

/** What is wrong with an expression, and where. */
export class ExpressionError extends Error {
  constructor(message: string, at: number) {
    super(`${message} at character ${at + 1}`);
    this.name = "ExpressionError";
  }
}

const space = /\s+/y;
const number = /\d+(?:\.\d+)?/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const sign = /==|!=|<=|>=|&&|\|\||[<>!()[\],]/y;
/** Between double or single quotes, with backslashes; between backticks as it stands. */
const quoted = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/sy;

/** Throws `ExpressionError` for a character that begins nothing. */
export const tokenize = (text: string): readonly Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return null;
    at += found.length;
    return found;
  };
  while (at < text.length) {
    const start = at;
    if (take(space) !== null) continue;
    const piece = take(quoted);
    if (piece !== null) {
      tokens.push({ kind: "text", value: unquote(piece), at: start });
      continue;
    }
    const digits = take(number);
    if (digits !== null) {
      tokens.push({ kind: "number", value: Number(digits), at: start });
      continue;
    }
    const word = take(name);
    if (word !== null) {
      tokens.push({ kind: "name", value: word, at: start });
      continue;
    }
    const mark = take(sign);
    if (mark === null) throw new ExpressionError(`unexpected ${JSON.stringify(text[at])}`, at);
    tokens.push({ kind: "sign", value: mark, at: start });
  }
  return tokens;
};

const unquote = (piece: string): string => {
  const inner = piece.slice(1, -1);
  if (piece.startsWith("`")) return inner;
  return inner.replaceAll(/\\(.)/gs, (_all, character: string) => escapes[character] ?? character);
};

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
