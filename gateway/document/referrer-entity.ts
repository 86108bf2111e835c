import type { Exchange } from "../http/exchange.ts";

/**
 * The entity that referred this visit, for the cookie `ref`: a referral code or affiliate from the address, else the
 * host of the page before, when it is another site's. Never a URL. Null where there is none.
 */
export const referrerEntity = (x: Exchange): string | null =>
  entityOf(x.query, x.host, x.req.headers.referer);

/** The same of a page that is not ours to serve, by its address and that of the page before. */
export const entityOfPage = (page: string, before: string): string | null => {
  const url = URL.parse(page);
  return url ? entityOf(url.search, url.hostname, before) : null;
};

const entityOf = (search: string, ownHost: string, referrer: string | undefined): string | null => {
  const query = new URLSearchParams(search);
  for (const name of ["ref", "rcode", "aff"]) {
    const value = query.get(name);
    if (value && /^[A-Za-z0-9._~-]{1,128}$/.test(value)) return value;
  }
  const host = hostOf(referrer);
  return host && host !== ownHost ? host : null;
};

const hostOf = (url: string | undefined): string | null => {
  if (!url) return null;
  try {
    return new URL(url).hostname || null;
  } catch {
    return null; // not a URL: it refers to nobody
  }
};
