/**
 * The language of traffic filters: comparisons of columns with texts and numbers (`==`, `!=`, `<`, `contains`,
 * `startsWith`, `endsWith`, `matches`, `in [...]`; words with `not` before them, too),
 * `inCidr(column, "10.0.0.0/8")`, joined by `&&`, `||`, `!` or `and`, `or`, `not`. It is checked whole when settings are
 * read, so that it cannot fail when an event comes.
 */
import { parseCidrs } from "../../lib/ip.ts";
import { nearest } from "../../lib/nearest.ts";
import { repeatsRepeats } from "../../lib/slow-pattern.ts";
import { type Cursor, createCursor } from "./cursor.ts";
import { type Operator, operators, type Value } from "./operators.ts";
import { ExpressionError, type Token } from "./tokens.ts";

export type ReadColumn = (column: string) => Value;
export type Test = (read: ReadColumn) => boolean;
type Read = (read: ReadColumn) => Value;

/** Longest value that a pattern runs over: the time of some patterns grows with the square of it. */
const maxMatched = 2048;

/** The test of an expression over these columns. Throws `ExpressionError` in one sentence. */
export const parseExpression = (text: string, columns: readonly string[]): Test => {
  const cursor = createCursor(text);
  const test = parseOr(cursor, columns);
  if (cursor.peek()) cursor.fail("&&, || or the end");
  return test;
};

type Columns = readonly string[];

const parseOr = (cursor: Cursor, columns: Columns): Test => {
  let left = parseAnd(cursor, columns);
  while (cursor.skip("||", "or")) left = either(left, parseAnd(cursor, columns));
  return left;
};

const parseAnd = (cursor: Cursor, columns: Columns): Test => {
  let left = parseNot(cursor, columns);
  while (cursor.skip("&&", "and")) left = both(left, parseNot(cursor, columns));
  return left;
};

const parseNot = (cursor: Cursor, columns: Columns): Test =>
  cursor.nested(() =>
    cursor.skip("!", "not") ? negated(parseNot(cursor, columns)) : parseComparison(cursor, columns),
  );

const parseComparison = (cursor: Cursor, columns: Columns): Test => {
  if (cursor.skip("(")) {
    const inner = parseOr(cursor, columns);
    cursor.need(")");
    return inner;
  }
  if (cursor.skip("inCidr")) return parseInCidr(cursor, columns);
  const left = parseValue(cursor, columns);
  if (cursor.isNext("not")) return parseNegated(cursor, left, columns);
  return parseOperator(cursor, left, columns);
};

/** `not` before a word turns it round; a sign has an opposite of its own. */
const parseNegated = (cursor: Cursor, left: Read, columns: Columns): Test => {
  cursor.need("not");
  if (!cursor.isNext("in", "contains", "startsWith", "endsWith", "matches"))
    return cursor.fail("in, contains, startsWith, endsWith or matches");
  return negated(parseOperator(cursor, left, columns));
};

const parseOperator = (cursor: Cursor, left: Read, columns: Columns): Test => {
  if (cursor.skip("matches")) return matches(left, patternOf(takeText(cursor, "a pattern in quotes")));
  if (cursor.skip("in")) return isIn(left, parseList(cursor));
  for (const [sign, operator] of Object.entries(operators)) {
    if (cursor.skip(sign)) return compared(operator, left, parseValue(cursor, columns));
  }
  return cursor.fail("an operator such as ==, contains or matches");
};

const parseInCidr = (cursor: Cursor, columns: Columns): Test => {
  cursor.need("(");
  const address = parseValue(cursor, columns);
  cursor.need(",");
  const range = takeText(cursor, 'a range in quotes such as "10.0.0.0/8"');
  cursor.need(")");
  return inRange(address, range);
};

const takeText = (cursor: Cursor, expected: string): Token => {
  const token = cursor.peek();
  if (token?.kind !== "text") return cursor.fail(expected);
  cursor.take();
  return token;
};

const parseList = (cursor: Cursor): readonly Value[] => {
  cursor.need("[");
  const list: Value[] = [];
  while (!cursor.skip("]")) {
    if (list.length > 0) cursor.need(",");
    const token = cursor.peek();
    if (token?.kind !== "text" && token?.kind !== "number") return cursor.fail("a text or a number");
    list.push(token.value);
    cursor.take();
  }
  return list;
};

const parseValue = (cursor: Cursor, columns: Columns): Read => {
  const token = cursor.peek();
  if (!token || token.kind === "sign") return cursor.fail("a column, a text or a number");
  cursor.take();
  if (token.kind !== "name") return () => token.value;
  return readName(token, columns);
};

const either = (a: Test, b: Test): Test => {
  return (read) => a(read) || b(read);
};

const both = (a: Test, b: Test): Test => {
  return (read) => a(read) && b(read);
};

const negated = (test: Test): Test => {
  return (read) => !test(read);
};

const compared = (operator: Operator, a: Read, b: Read): Test => {
  return (read) => operator(a(read), b(read));
};

const matches = (value: Read, pattern: RegExp): Test => {
  return (read) => pattern.test(String(value(read)).slice(0, maxMatched));
};

const isIn = (value: Read, list: readonly Value[]): Test => {
  const same = operators["=="];
  return (read) => {
    const one = value(read);
    return list.some((other) => same?.(one, other) === true);
  };
};

const inRange = (address: Read, range: Token): Test => {
  try {
    const contains = parseCidrs([String(range.value)]);
    return (read) => contains(String(address(read)));
  } catch {
    throw new ExpressionError(`${JSON.stringify(range.value)} is no address range`, range.at);
  }
};

/** `(?i)` in front has letters match in either case, as in patterns of RE2. */
const patternOf = (token: Token): RegExp => {
  const text = String(token.value);
  if (repeatsRepeats(text))
    throw new ExpressionError(
      `${JSON.stringify(text)} repeats a repetition or a choice, which can take for ever,`,
      token.at,
    );
  try {
    return text.startsWith("(?i)") ? new RegExp(text.slice(4), "iu") : new RegExp(text, "u");
  } catch {
    throw new ExpressionError(`${JSON.stringify(token.value)} is no pattern`, token.at);
  }
};

const readName = (token: Token & { readonly kind: "name" }, columns: readonly string[]): Read => {
  const { value: column, at } = token;
  if (column === "true" || column === "false") {
    const value = column === "true";
    return () => value;
  }
  if (column === "nil" || column === "null") return () => "";
  if (columns.includes(column)) return (read) => read(column);
  const meant = columns.find((one) => isPartOf(one, column)) ?? nearest(column, columns);
  throw new ExpressionError(`there is no column ${column}${meant ? `, did you mean ${meant}?` : ""}`, at);
};

/** `name` is meant by `event_name`, and `ip_address` by `ip`. */
const isPartOf = (column: string, said: string): boolean =>
  said.endsWith(`_${column}`) || column.startsWith(`${said}_`) || column.endsWith(`_${said}`);
