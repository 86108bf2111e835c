import { erasedId } from "../model/erased.ts";

/** True for what programs and people write where they have no user: as a user it would be everybody at once. */
export const isPlaceholder = (userId: string): boolean => {
  const text = userId.trim().toLowerCase();
  return placeholders.has(text) || nothing.test(text);
};

/** Zeros, dashes and the like, an unfilled template among them; the all-zero UUID is one of these. */
const nothing = /^[0\s.,;:_\-–—?*#x{}[\]()<>"'/\\|]*$/;

const placeholders: ReadonlySet<string> = new Set([
  "-1",
  "admin",
  "administrator",
  "anon",
  "anonymous",
  "anonymous_user",
  "cookieless",
  "default",
  "demo",
  "empty",
  "example",
  "false",
  "guest",
  "id",
  "invalid",
  "n/a",
  "na",
  "nan",
  "nil",
  "no",
  "nobody",
  "none",
  "not set",
  "(not set)",
  "not_set",
  "null",
  "(null)",
  erasedId,
  "root",
  "[object object]",
  "test",
  "true",
  "unauthenticated",
  "undefined",
  "unidentified",
  "unknown",
  "user",
  "user_id",
  "userid",
  "visitor",
  "yes",
]);
