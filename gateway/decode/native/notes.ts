import { cleanText } from "../../lib/clean-text.ts";
import type { Problem } from "../../model/event.ts";

/** The problems of one event while it is read. */
export type Notes = Problem[];

const maxNotes = 32;
const maxFieldLength = 128;

/** Names a problem. A hit with hundreds of bad fields keeps the first ones and says that there were more. */
export const note = (notes: Notes, field: string, problem: string): void => {
  if (notes.length > maxNotes) return;
  if (notes.length === maxNotes) notes.push({ field: "problems", problem: "there were more than these" });
  else notes.push({ field: cleanText(field, maxFieldLength), problem });
};
