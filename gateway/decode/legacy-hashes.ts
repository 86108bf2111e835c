import { createHash } from "node:crypto";

/**
 * `ehash`, `chash`, `uhash` of the original tracker: SHA-1 over pepper and contact, base64url with padding.
 * Kept beside our keyed hash only so that its old data joins; SHA-1 of an address protects nobody.
 */
export const legacyContactHash = (pepper: string, contact: string): string =>
  createHash("sha1")
    .update(pepper)
    .update(contact)
    .digest("base64")
    .replaceAll("+", "-")
    .replaceAll("/", "_");

/** `hhash` of a host and `bhash` of a user agent: 32-bit FNV-1a in base 36, over the trimmed lower-case text. */
export const legacyHash = (text: string): string => fnv1a(text.trim().toLowerCase());

/** `iphash`: four hashes, each over the address and the ones before. */
export const legacyAddressHash = (address: string): string => {
  let hash = "";
  for (let i = 0; i < 4; i++) hash += fnv1a(address + hash);
  return hash;
};

const fnv1a = (text: string): string => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, "utf8")) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(36);
};
