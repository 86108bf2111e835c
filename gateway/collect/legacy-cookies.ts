import { parseCookies } from "../http/cookies.ts";

type Cookies = Readonly<Record<string, string>>;

const none: Cookies = {};

/** Cookies of the original tracker that hold fields of an event; most requests have none of them. */
export const legacyCookies = (header: string | undefined): Cookies => {
  if (header === undefined || !mayHold.test(header)) return none;
  const all = parseCookies(header);
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = all.get(name)?.[0];
    if (value !== undefined) found[name] = value;
  }
  return found;
};

const names = ["CookieConsent", "ehash", "sess"] as const;
const mayHold = /(?:^|[;\s])(?:CookieConsent|ehash|sess)=/;
