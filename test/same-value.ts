/** Whether an exported value is what a case expects, where the two may write the same thing differently. */

/** Lists whose order says nothing. */
const unordered: ReadonlySet<string> = new Set(["ecommerce_items"]);

export const isSame = (column: string, actual: unknown, expected: unknown): boolean => {
  if (Array.isArray(expected)) return isSameList(column, actual, expected);
  if (isRecord(expected)) {
    return isRecord(actual) && Object.entries(expected).every(([key, one]) => isSame(key, actual[key], one));
  }
  if (isMoment(actual)) return Date.parse(actual) === momentOf(expected);
  return (actual ?? null) === expected;
};

const isSameList = (column: string, actual: unknown, expected: readonly unknown[]): boolean => {
  if (!Array.isArray(actual) || actual.length !== expected.length) return false;
  return expected.every((one, i) =>
    unordered.has(column)
      ? actual.some((other) => isSame("", other, one))
      : isSame("", (actual as unknown[])[i], one),
  );
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isMoment = (value: unknown): value is string =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);

/** Seconds since 1970, or a text. */
const momentOf = (value: unknown): number =>
  typeof value === "number" ? value * 1000 : typeof value === "string" ? Date.parse(value) : Number.NaN;
