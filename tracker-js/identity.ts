import { readCookie, writeCookie } from "./lib/cookies.ts";
import { uuid7 } from "./lib/uuid7.ts";

// 400 days is the longest that browsers keep a cookie.
export const longSeconds = 34_560_000;

/** An id of a drop-in site, kept in a cookie of its own; none where cookies are refused. */
export const keepId = (name: string, seconds: number, found = readCookie(name)): string | undefined => {
  // Ids of old scripts count, with or without dashes or braces, and the client ids of `_ga`. Many applications have
  // a cookie `sid` of their own, which stays as it is. A list writes nothing for what is missing.
  if (!/^([\da-f{}.-]{20,})?$/i.test([found] as unknown as string)) return keepId("tp_" + name, seconds);
  writeCookie(name, found || uuid7(), seconds);
  return readCookie(name);
};
