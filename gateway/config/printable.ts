const longest = 60;

/** A text of a file as it may stand in a line on a terminal: no control characters, and not without end. */
export const printable = (text: string): string => {
  const short = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return short.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
};
