import type { Exchange } from "../http/exchange.ts";

/**
 * The entity that referred this visit, for the cookie `ref`: a referral code or affiliate from the address, else the
 * host of the page before, when it is another site's. Never a URL. Null where there is none.
 */
export const referrerEntity = (x: Exchange): string | null => {
  const query = new URLSearchParams(x.query);
  for (const name of ["ref", "rcode", "aff"]) {
    const value = query.get(name);
    if (value && /^[A-Za-z0-9._~-]{1,128}$/.test(value)) return value;
  }
  const host = hostOf(x.req.headers.referer);
  return host && host !== x.host ? host : null;
};

const hostOf = (url: string | undefined): string | null => {
  if (!url) return null;
  try {
    return new URL(url).hostname || null;
  } catch {
    return null; // not a URL: it refers to nobody
  }
};
