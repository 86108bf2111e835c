/**
 * Events on their way. Each is its JSON text, so that what the page does to its objects later changes
 * nothing, a retry is byte for byte the same, and sizes are known. `eid`, a UUIDv7, comes first in the text.
 */

/** characters of one page that wait, in memory as in the browser's storage, before an event is not taken any more */
export const maxWaiting = 500_000;
/** characters that all pages of a site keep together in the browser's storage, which has room for five million */
export const maxKept = 3_000_000;
// In UTF-8 a character is at most three bytes, and a browser lets 64 KiB of keepalive requests travel at once.
const maxBatch = 16_000;

/** Those from the front that travel together; one that is too large alone travels alone. */
export const batchOf = (texts: readonly string[]): readonly string[] =>
  texts[1] && `${texts}`[maxBatch] ? batchOf(texts.slice(0, texts.length / 2)) : texts;
