/**
 * Referral codes: a visitor's id, sealed with a key of the data folder. A visitor has one code on a site; without the key
 * nobody can tell whose it is, nor make one. It is worked out from the id and back, so nothing is stored.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { createCache } from "../lib/cache.ts";

export interface ShareCodes {
  /** The code of a visitor of a site. */
  codeOf(site: string, visitorId: string): string;
  /** Whose code it is on that site; null for any other text. */
  visitorOf(site: string, code: string): string | null;
}

const tagBytes = 9;

export const createShareCodes = (secret: Buffer): ShareCodes => {
  const tagKey = createHmac("sha256", secret).update("share tag").digest();
  const sealKey = createHmac("sha256", secret).update("share seal").digest();
  const opened = createCache<string, readonly [visitorId: string | null]>(10_000);

  // The tag is made of what is sealed, and begins the cipher's counter (RFC 5297 does so): equal ids, equal codes.
  const tagOf = (site: string, bytes: Uint8Array): Buffer =>
    createHmac("sha256", tagKey).update(`${site}\0`).update(bytes).digest().subarray(0, tagBytes);

  const open = (site: string, code: string): string | null => {
    const bytes = Buffer.from(code, "base64url");
    const tag = bytes.subarray(0, tagBytes);
    const cipher = createDecipheriv("aes-256-ctr", sealKey, counterOf(tag));
    const packed = Buffer.concat([cipher.update(bytes.subarray(tagBytes)), cipher.final()]);
    return timingSafeEqual(tag, tagOf(site, packed)) ? unpack(packed) : null;
  };

  return {
    codeOf(site, visitorId) {
      const packed = pack(visitorId);
      const tag = tagOf(site, packed);
      const cipher = createCipheriv("aes-256-ctr", sealKey, counterOf(tag));
      return Buffer.concat([tag, cipher.update(packed), cipher.final()]).toString("base64url");
    },
    visitorOf(site, code) {
      if (!looksLike.test(code)) return null;
      const key = `${site} ${code}`;
      const known = opened.get(key);
      if (known) return known[0];
      const found = open(site, code);
      opened.set(key, [found]);
      return found;
    },
  };
};

/** Of 9 bytes of tag and a visitor's id of at most 128. */
const looksLike = /^[\w-]{14,184}$/;

const counterOf = (tag: Buffer): Buffer => Buffer.concat([tag, Buffer.alloc(16 - tagBytes)]);

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** A UUID as its 16 bytes, anything else as its text: the first byte says which. */
const pack = (id: string): Buffer =>
  uuid.test(id)
    ? Buffer.from(`00${id.replaceAll("-", "")}`, "hex")
    : Buffer.concat([Buffer.from([1]), Buffer.from(id)]);

const unpack = (packed: Buffer): string => {
  if (packed[0] !== 0) return packed.subarray(1).toString();
  return packed.toString("hex", 1).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};
