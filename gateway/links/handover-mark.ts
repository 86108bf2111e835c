/**
 * The mark with which a visitor goes from one site to another: who it is, from where, to where and when, sealed so that
 * neither the page nor the address shows an id, and nobody can change a word. `KEY.SEALED`.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import type { Site } from "../model/site.ts";

/** What a mark says. */
export interface Handover {
  readonly visitorId: string;
  /** host of the page that has the link */
  readonly from: string;
  /** host of the page it leads to */
  readonly to: string;
  /** ms since 1970 */
  readonly at: number;
}

/** A mark that could be opened; `name` is its own, and that of no other. */
export interface OpenedHandover extends Handover {
  readonly name: string;
}

export interface HandoverMarks {
  seal(site: Site, handover: Handover): string;
  /** Null for what was not sealed with a key of the site. */
  open(site: Site, mark: string): OpenedHandover | null;
}

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

/** Longest mark that is looked at: ids and host names are bounded. */
const maxLength = 1500;
const nonceBytes = 12;
const tagBytes = 16;

export const createHandoverMarks = (secret: Buffer): HandoverMarks => {
  const own: Key = { id: "own", bytes: createHmac("sha256", secret).update("handover").digest() };
  const keysOf = (site: Site): readonly [Key, ...Key[]] => {
    const [first, ...more] = (site.linkKeys ?? []).map(toKey);
    return first ? [first, ...more] : [own];
  };
  return {
    seal(site, { visitorId, from, to, at }) {
      const [key] = keysOf(site);
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce);
      const sealed = [cipher.update(JSON.stringify([visitorId, from, to, at])), cipher.final()];
      return `${key.id}.${Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString("base64url")}`;
    },
    open(site, mark) {
      const dot = mark.indexOf(".");
      const key = keysOf(site).find(({ id }) => id === mark.slice(0, dot));
      return key && mark.length <= maxLength ? openWith(key, mark.slice(dot + 1)) : null;
    },
  };
};

// Whatever the length of the secret, a key has 32 bytes.
const toKey = ({ id, secret }: { readonly id: string; readonly secret: string }): Key => ({
  id,
  bytes: createHash("sha256").update(secret).digest(),
});

const openWith = (key: Key, text: string): OpenedHandover | null => {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length <= nonceBytes + tagBytes) return null;
  const nonce = bytes.subarray(0, nonceBytes);
  try {
    const cipher = createDecipheriv("aes-256-gcm", key.bytes, nonce, { authTagLength: tagBytes });
    cipher.setAuthTag(bytes.subarray(-tagBytes));
    const opened = Buffer.concat([cipher.update(bytes.subarray(nonceBytes, -tagBytes)), cipher.final()]);
    const [visitorId, from, to, at] = JSON.parse(opened.toString()) as [string, string, string, number]; // sealed by us
    return { visitorId, from, to, at, name: nonce.toString("hex") };
  } catch {
    return null; // sealed by nobody who has the key, or changed since
  }
};
