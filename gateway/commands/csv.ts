/** One line of CSV (RFC 4180), ended by CRLF. Null is nothing at all, an empty text is `""`. */
export const csvLine = (values: readonly (string | number | boolean | null)[]): string =>
  `${values.map(csvField).join(",")}\r\n`;

const csvField = (value: string | number | boolean | null): string => {
  if (value === null) return "";
  const text = String(value);
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
