import { createHash } from "node:crypto";
import { v7 } from "uuid";

/** One branded type for all ids: a visitor's id cannot be passed where an event's is wanted. */
export type Id<Kind extends string> = string & { readonly __kind?: Kind };
export type EventId = Id<"event">;
export type VisitorId = Id<"visitor">;

/** A new time-ordered UUID (version 7, RFC 9562 §5.7), lower-case with dashes. */
export const newId = (): string => v7();

/** 36 characters: lower-case digits with dashes in their places. By hand, as it is asked several times for each event. */
const isDashed = (text: string): boolean => {
  if (text.length !== 36) return false;
  for (let i = 0; i < 36; i++) {
    const code = text.charCodeAt(i);
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== 0x2d) return false;
    } else if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return true;
};

const bare = /^[0-9a-f]{32}$/;

/**
 * The UUID in a text as lower-case with dashes, from any form old clients send: dashed, dashless,
 * braced, any case, any version. Null for anything else, and for the all-zero UUID, which marked
 * "no id" in old data.
 */
export const parseUuid = (text: string): string | null => {
  if (isDashed(text)) return text === zeroUuid ? null : text;
  if (text.length < 32 || text.length > 48) return null;
  let id = text.trim().toLowerCase();
  if (id.startsWith("{") && id.endsWith("}")) id = id.slice(1, -1);
  if (bare.test(id)) {
    id = `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`;
  }
  return isDashed(id) && id !== zeroUuid ? id : null;
};

const zeroUuid = "00000000-0000-0000-0000-000000000000";

/** The milliseconds since 1970 inside a dashed UUIDv7, or null for every other version. */
export const uuidTime = (id: string): number | null =>
  id.charCodeAt(14) === 0x37 /* "7" */ ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : null;

/** A UUIDv7 of a moment whose other bits are SHA-256 over a text: a hit that is replayed makes the same. */
export const derivedId = (ms: number, seed: string): string => {
  const time = Math.max(0, ms).toString(16).padStart(12, "0").slice(-12);
  const hex = createHash("sha256").update(seed).digest("hex");
  const variant = ((Number.parseInt(hex.charAt(3), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`;
};

/** A UUIDv8 (RFC 9562 §5.8) made of SHA-256 over the parts: the same parts give the same id. */
export const hashedId = (parts: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  const hex = hash.digest("hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
