import { ExpressionError, type Token, tokenize } from "./tokens.ts";

/** A place among the tokens of an expression. */
export interface Cursor {
  /** The token here; undefined at the end. */
  peek(): Token | undefined;
  /** The token here, and moves on. */
  take(): Token | undefined;
  /** Is one of these words or signs here? */
  isNext(...words: readonly string[]): boolean;
  /** Moves on where one of them is here, and says so. */
  skip(...words: readonly string[]): boolean;
  /** Moves on; throws where it is not here. */
  need(word: string): void;
  /** Throws a sentence that says what was expected here. */
  fail(expected: string): never;
  /** Throws where parentheses and negations lie too deep. */
  nested<T>(parse: () => T): T;
}

const maxDepth = 50;

export const createCursor = (text: string): Cursor => {
  const tokens = tokenize(text);
  let next = 0;
  let depth = 0;
  const at = () => tokens[next]?.at ?? text.length;
  const isNext: Cursor["isNext"] = (...words) => {
    const token = tokens[next];
    const isWord = token?.kind === "sign" || token?.kind === "name";
    return isWord && words.includes(token.value);
  };
  const skip: Cursor["skip"] = (...words) => {
    if (!isNext(...words)) return false;
    next++;
    return true;
  };
  const fail = (expected: string): never => {
    const token = tokens[next];
    const found = token ? JSON.stringify(String(token.value)) : "the end";
    throw new ExpressionError(`expected ${expected}, found ${found}`, at());
  };
  return {
    peek: () => tokens[next],
    take: () => tokens[next++],
    isNext,
    skip,
    need(word) {
      if (!skip(word)) fail(JSON.stringify(word));
    },
    fail,
    nested(parse) {
      if (++depth > maxDepth) throw new ExpressionError("too deeply nested", at());
      const parsed = parse();
      depth--;
      return parsed;
    },
  };
};
