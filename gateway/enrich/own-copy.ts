/**
 * The text in memory of its own. What is cut out of a longer text keeps the whole of that alive, so a cache of such
 * pieces would hold every request they came from.
 */
export const ownCopy = (text: string): string => Buffer.from(text, "utf16le").toString("utf16le");
