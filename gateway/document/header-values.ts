type HeaderValue = string | readonly string[] | undefined;

/** All values of a header, as a list. */
export const many = (value: HeaderValue): readonly string[] =>
  value === undefined ? [] : typeof value === "string" ? [value] : value;

/** The first value of a header. */
export const one = (value: HeaderValue): string | undefined => many(value)[0];
