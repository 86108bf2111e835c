import { parseUuid } from "./ids.ts";

/**
 * The id by which a client names a visitor, in the form in which events have it; null for what is none, or names nobody.
 * A site's server may send the cookie as it got it: its id counts, whoever signed it.
 */
export const readVisitorId = (text: string): string | null =>
  parseUuid(text) ??
  parseUuid(cookieValue.exec(text)?.[1] ?? "") ??
  (plainId.test(text) && !isPlaceholder(text) ? text : null);

/** `<uuid>.<day of issue>.<signature>` */
const cookieValue = /^([0-9a-f-]{36})\.[0-9a-z]{1,6}\.[\w-]{22}$/;

/** Whether a text stands for nobody in particular. */
export const isPlaceholder = (text: string): boolean => placeholders.has(text.trim().toLowerCase());

const plainId = /^[A-Za-z0-9._-]{1,128}$/;

/** What programs write where they have no id: as a visitor it would be everybody at once. */
const placeholders: ReadonlySet<string> = new Set([
  "0",
  "-1",
  "00000000000000000000000000000000",
  "00000000-0000-0000-0000-000000000000",
  "anonymous",
  "false",
  "guest",
  "nan",
  "nil",
  "none",
  "null",
  "true",
  "undefined",
  "unknown",
]);
