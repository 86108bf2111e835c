import type { WireEvent } from "../gateway/model/wire.ts";
import { cookieDomain, readCookie, writeCookie } from "./lib/cookies.ts";
import { uuid7 } from "./lib/uuid7.ts";

export type Identity = () => Pick<WireEvent, "vid" | "sid">;

// 400 days is the longest that browsers keep a cookie.
const visitorSeconds = 34_560_000;
const sessionSeconds = 1800;

/** The ids of a drop-in site, kept in its own cookies. Where cookies are refused, there are none. */
export const createIdentity = (): Identity => {
  let domain: string | undefined;
  const keep = (name: string, seconds: number): string => {
    const found = readCookie(name);
    // Many applications have a cookie `sid`: theirs stays as it is.
    if (found && !isId(found)) return keep("tp_" + name, seconds);
    domain ??= cookieDomain(); // not before the first event: until then nothing may be stored
    writeCookie(name, found || uuid7(Date.now()), seconds, domain);
    return readCookie(name);
  };
  return () => ({ vid: keep("vid", visitorSeconds), sid: keep("sid", sessionSeconds) });
};

/** Ids of old scripts count, with or without dashes or braces. */
export const isId = (text: string): boolean => /^{?[\da-f-]{32,36}}?$/i.test(text);
