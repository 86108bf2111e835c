import { createHmac } from "node:crypto";
import type { Event } from "../../model/event.ts";
import type { Site } from "../../model/site.ts";
import { legacyContactHash } from "../legacy-hashes.ts";
import { type Notes, note } from "./notes.ts";

export type ContactKind = "email" | "phone" | "username";

/** Where each kind's two hashes are stored: ours with a key, the original tracker's for joining its data. */
const columns = {
  email: { keyed: "email_hash", legacy: "ehash" },
  phone: { keyed: "phone_hash", legacy: "chash" },
  username: { keyed: "username_hash", legacy: "uhash" },
} as const satisfies Record<ContactKind, object>;

/** Puts the hashes of a contact on the event, never the contact. A legacy hash that was sent stays. */
export const hashContact = (
  event: Event,
  kind: ContactKind,
  raw: unknown,
  secrets: { readonly site: Site; readonly key: Buffer },
  notes: Notes,
): void => {
  if (typeof raw !== "string" && typeof raw !== "number") {
    note(notes, kind, "expected a text");
    return;
  }
  const contact = String(raw).trim().toLowerCase();
  if (contact === "") return;
  const { keyed, legacy } = columns[kind];
  event[keyed] = createHmac("sha256", secrets.key)
    .update(`${secrets.site.id}\0${kind}\0${contact}`)
    .digest("hex")
    .slice(0, 32);
  event[legacy] ??= legacyContactHash(secrets.site.legacyPepper, contact);
};
