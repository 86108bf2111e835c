/** The events of a request to a collect endpoint: the query alone, or a line of the body each. */
import { cleanText } from "../../lib/clean-text.ts";
import { maskSecrets } from "../../lib/mask-secrets.ts";
import type { Reject } from "../../model/protocol.ts";
import { type Fields, joinFields, readFields } from "./fields.ts";

export interface Line {
  readonly fields: Fields;
  /** its own text; null where the query says all */
  readonly text: string | null;
  /** its place in the body */
  readonly number: number;
}

export interface Lines {
  readonly lines: readonly Line[];
  readonly rejects: readonly Reject[];
}

/**
 * Blank lines do not count; at most `batchEvents` are read, of a long query fewer, the others come back as one reject.
 */
export const readLines = (query: string, body: string, batchEvents: number): Lines => {
  const shared = readFields(query);
  const trimmed = body.trim();
  if (trimmed === "") return { lines: [{ fields: shared, text: null, number: 0 }], rejects: [] };
  const maxLines = Math.max(1, Math.min(batchEvents, Math.floor(maxSharedLength / (query.length + 1))));
  const texts = trimmed.split("\n", maxLines + 1);
  const lines: Line[] = [];
  for (const raw of texts.slice(0, maxLines)) {
    const text = raw.trim();
    if (text === "") continue;
    lines.push({ fields: joinFields(shared, readFields(text)), text, number: lines.length });
  }
  return { lines, rejects: texts.length > maxLines ? [overLimit(maxLines)] : [] };
};

/** Each line repeats what the query says: a small request must not become a large number of large rows. */
const maxSharedLength = 500_000;

const overLimit = (maxLines: number): Reject => ({
  reason: `over ${maxLines} lines in one request: all after them left out`,
  sample: "",
});

/** What can be shown of a line that is rejected. It is kept, so addresses and secrets in it are made unreadable. */
export const sampleOf = (text: string): string =>
  cleanText(maskSecrets(text), 500).replace(addressLike, "…@…");

const addressLike = /[^\s"'<>:=&@]{1,64}(?:@|%40)[^\s"'<>&@]{1,255}/gi;
