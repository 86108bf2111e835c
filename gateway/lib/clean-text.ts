/**
 * The text without NUL characters, with lone surrogates replaced by U+FFFD and cut to `maxLength` without
 * splitting a pair: what every database and every JSON reader takes. The same text where nothing was wrong.
 */
export const cleanText = (text: string, maxLength: number): string => {
  let clean = text.length > maxLength ? cut(text, maxLength) : text;
  if (clean.includes("\0")) clean = clean.replaceAll("\0", "");
  return clean.isWellFormed() ? clean : clean.toWellFormed();
};

/** What `cleanText` does to the text, in words; null where it does nothing. */
export const textProblem = (text: string, maxLength: number): string | null => {
  const done: string[] = [];
  if (text.includes("\0")) done.push("NUL characters removed");
  if (!text.isWellFormed()) done.push("broken characters replaced");
  if (text.length > maxLength) done.push(`cut to ${maxLength} characters`);
  return done.length > 0 ? done.join(", ") : null;
};

const cut = (text: string, maxLength: number): string => {
  const last = text.charCodeAt(maxLength - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? maxLength - 1 : maxLength);
};
