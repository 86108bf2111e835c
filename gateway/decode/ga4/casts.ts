/** Reads texts of a GA4 hit as what their column stores; undefined for what is not that. */
import type { ParamType } from "../../model/params.ts";

export type Scalar = string | number | boolean;

export const readInt = (text: string): number | undefined => {
  if (!/^[+-]?\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
};

/** Decimal notation alone: neither NaN, Infinity nor hexadecimal. */
export const readFloat = (text: string): number | undefined => {
  if (text.length > 40 || !decimal.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
};

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/i;

export const readBool = (text: string): boolean | undefined => {
  if (text.length > 16) return undefined;
  const word = text.trim().toLowerCase();
  if (yes.has(word)) return true;
  return no.has(word) ? false : undefined;
};

const yes: ReadonlySet<string> = new Set(["true", "yes", "y", "on", "1", "t"]);
const no: ReadonlySet<string> = new Set(["false", "no", "n", "off", "0", "f"]);

export const readAs = (type: ParamType, text: string): Scalar | undefined => readers[type](text);

const readers: Readonly<Record<ParamType, (text: string) => Scalar | undefined>> = {
  text: (text) => text,
  int: readInt,
  float: readFloat,
  bool: readBool,
};

/** What a parameter of the type should have been, in words. */
export const expected: Readonly<Record<ParamType, string>> = {
  text: "expected a text",
  int: "expected a whole number",
  float: "expected a number",
  bool: "expected true or false",
};
