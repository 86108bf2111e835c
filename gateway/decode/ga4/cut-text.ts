/** How long texts may be: as the flat table has them, in bytes of UTF-8. */
import { cleanText, textProblem } from "../../lib/clean-text.ts";
import { type Notes, note } from "../native/notes.ts";

export const maxTextBytes = 8096;

/** Titles and referrers are as long as a hit may be there: only what no page has is cut. */
export const maxLongTextBytes = 131_072;

/** The text as it may be stored, cut between two characters; what was done to it is noted. */
export const shortText = (text: string, field: string, maxBytes: number, notes: Notes): string => {
  const short = cut(text, maxBytes);
  if (short !== text) note(notes, field, `cut to ${maxBytes} bytes`);
  const clean = cleanText(short, maxBytes);
  if (clean !== short) note(notes, field, textProblem(short, maxBytes) ?? "changed");
  return clean;
};

const cut = (text: string, maxBytes: number): string => {
  // A unit of a text takes three bytes at most: most texts need not be measured.
  if (text.length * 3 <= maxBytes) return text;
  const { read } = encoder.encodeInto(text, new Uint8Array(maxBytes));
  return read < text.length ? text.slice(0, read) : text;
};

const encoder = new TextEncoder();
