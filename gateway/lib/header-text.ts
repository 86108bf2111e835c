/**
 * A header as the text that its sender wrote: parsers give each byte as a character of its own (latin1), and
 * programs write UTF-8. One whose bytes are no UTF-8 stays as it is.
 */
export const headerText = (header: string): string => {
  if (!beyondAscii.test(header) || beyondLatin1.test(header)) return header;
  try {
    return utf8.decode(Buffer.from(header, "latin1"));
  } catch {
    return header;
  }
};

const beyondAscii = /[\x80-\xff]/;
const beyondLatin1 = /[^\x00-\xff]/;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
