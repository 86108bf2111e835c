/**
 * The fields of a path's pairs and of a query, by lower-case key, for what is asked rather than stored; the query wins.
 * What is not percent-encoded UTF-8 is left out.
 */
export const tuplesOf = (rest: string, query: string): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>();
  const parts = rest.split("/").filter((part) => part !== "");
  for (let i = 0; i + 1 < parts.length; i += 2) put(fields, parts[i] ?? "", parts[i + 1] ?? "");
  for (const [key, value] of new URLSearchParams(query)) fields.set(key.toLowerCase(), value);
  return fields;
};

const put = (fields: Map<string, string>, key: string, value: string): void => {
  try {
    fields.set(decodeURIComponent(key).toLowerCase(), decodeURIComponent(value));
  } catch {
    // not UTF-8: as if it had not been sent
  }
};
