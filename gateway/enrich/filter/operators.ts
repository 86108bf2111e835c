/** What the operators of a filter's expression do. A column that is null counts as the empty text. */

export type Value = string | number | boolean;

export type Operator = (left: Value, right: Value) => boolean;

export const operators: Readonly<Record<string, Operator>> = {
  "==": (a, b) => isEqual(a, b),
  "!=": (a, b) => !isEqual(a, b),
  "<": (a, b) => compare(a, b, (order) => order < 0),
  ">": (a, b) => compare(a, b, (order) => order > 0),
  "<=": (a, b) => compare(a, b, (order) => order <= 0),
  ">=": (a, b) => compare(a, b, (order) => order >= 0),
  contains: (a, b) => String(a).includes(String(b)),
  startsWith: (a, b) => String(a).startsWith(String(b)),
  endsWith: (a, b) => String(a).endsWith(String(b)),
};

/** A number written as a text is that number: what a column holds is not always known to who writes the filter. */
const isEqual = (a: Value, b: Value): boolean =>
  typeof a === typeof b || a === "" || b === "" ? a === b : String(a) === String(b);

/** What cannot be ordered is in no order. */
const compare = (a: Value, b: Value, is: (order: number) => boolean): boolean => {
  if (a === "" || b === "") return false;
  if (typeof a === "string" && typeof b === "string") return is(a < b ? -1 : a > b ? 1 : 0);
  const order = Number(a) - Number(b);
  return !Number.isNaN(order) && is(order);
};
