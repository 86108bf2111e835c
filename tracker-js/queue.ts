/**
 * Events on their way. Each is its JSON text, so that what the page does to its objects later changes
 * nothing, a retry is byte for byte the same, and sizes are known. `eid`, a UUIDv7, comes first in the
 * text: an event's age is read without parsing it.
 */
import { uuidTime } from "./lib/uuid7.ts";

/** characters kept in memory */
export const maxWaiting = 1_000_000;
/** characters kept in the browser's storage */
export const maxStored = 65_536;
export const maxAgeMs = 6 * 86_400_000;
// In UTF-8 a character is at most three bytes, and a browser lets 64 KiB of keepalive requests travel at once.
const maxBatch = 16_384;

export const isFresh = (text: string, now: number): boolean => now - uuidTime(text.slice(8, 44)) < maxAgeMs;

/**
 * The newest of them that fit into `room` characters: the oldest go first, they had the most chances to be
 * sent. One that can never fit takes no other with it.
 */
export const bound = (texts: readonly string[], room: number): string[] => {
  const kept: string[] = [];
  let left = room;
  for (const text of [...texts].reverse()) {
    if (text.length >= left) continue;
    left -= text.length + 1;
    kept.unshift(text);
  }
  return kept;
};

/** Those from the front that travel together; one that is too large alone travels alone. */
export const batchOf = (texts: readonly string[]): readonly string[] =>
  texts.length > 1 && texts.join().length > maxBatch ? batchOf(texts.slice(0, texts.length / 2)) : texts;

export const without = (texts: readonly string[], gone: readonly string[]): readonly string[] =>
  texts.filter((text) => !gone.includes(text));

export const batchBody = (texts: readonly string[], site: string | undefined, now: number): string =>
  `{"sent":${now},${site ? `"site":${JSON.stringify(site)},` : ""}"events":[${texts.join()}]}`;
