/** Reads JSON, and whole numbers past 2^53 as the text that was sent: as numbers two such ids can become one. */
export const parseExact = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  return manyDigits.test(text) ? JSON.parse(quoteLongNumbers(text)) : value;
};

const manyDigits = /\d{16}/;
/** The digits of a fraction or an exponent are no whole number. */
const quoteOrLong = /"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** `text` is JSON: every string in it ends. A number that cannot be exact is put between quotes. */
const quoteLongNumbers = (text: string): string => {
  let quoted = "";
  let from = 0;
  quoteOrLong.lastIndex = 0;
  for (let found = quoteOrLong.exec(text); found !== null; found = quoteOrLong.exec(text)) {
    const [token] = found;
    if (token === '"') quoteOrLong.lastIndex = endOfString(text, found.index);
    else if (!Number.isSafeInteger(Number(token))) {
      quoted += `${text.slice(from, found.index)}"${token}"`;
      from = found.index + token.length;
    }
  }
  return quoted + text.slice(from);
};

/** Where what follows a string begins. A quote behind an odd number of backslashes is one of its characters. */
const endOfString = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let first = at;
    while (text[first - 1] === "\\") first--;
    if ((at - first) % 2 === 0) return at + 1;
  }
  return text.length;
};
