/** Reads JSON, and whole numbers past 2^53 as the text that was sent: as numbers two such ids can become one. */
export const parseExact = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  return hasManyDigits(text) ? JSON.parse(quoteLongNumbers(text)) : value;
};

const many = 16;

/** Has it so many digits in a row? Then one of them stands at a multiple of that: the others need no look. */
const hasManyDigits = (text: string): boolean => {
  for (let at = many - 1; at < text.length; at += many) {
    if (!isDigit(text, at)) continue;
    let from = at;
    while (isDigit(text, from - 1)) from--;
    let to = at + 1;
    while (isDigit(text, to)) to++;
    if (to - from >= many) return true;
  }
  return false;
};

const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at); // NaN beyond its ends
  return code >= 0x30 && code <= 0x39;
};

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
