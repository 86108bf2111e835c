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
