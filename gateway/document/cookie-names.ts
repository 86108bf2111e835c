import type { CookieNames, Site } from "../model/site.ts";

/** The names of our cookies, and the way to learn that the site's own server uses one of them. */
export interface NamesInForce {
  of(site: Site): CookieNames;
  /** Told of the cookies that an upstream sets. */
  notice(site: Site, setCookies: readonly string[]): void;
}

/**
 * Many applications have a cookie `sid` of their own. The first time an upstream sets a cookie by one of our names,
 * we leave that name to it, say so once, and use `tp_…`.
 */
export const createNames = (warn: (sentence: string) => void): NamesInForce => {
  const taken = new Map<string, CookieNames>();
  return {
    of: (site) => taken.get(site.id) ?? site.cookies,
    notice(site, setCookies) {
      if (setCookies.length === 0) return;
      const names = taken.get(site.id) ?? site.cookies;
      for (const line of setCookies) {
        const name = line.slice(0, line.indexOf("=")).trim();
        for (const [role, ours] of Object.entries(names)) {
          if (ours !== name) continue;
          taken.set(site.id, { ...(taken.get(site.id) ?? site.cookies), [role]: `tp_${ours}` });
          warn(
            `document: the server of site ${site.id} sets a cookie ${name} itself: Turnpike leaves it alone and uses tp_${name} (sites[].cookies.${role} names another)`,
          );
        }
      }
    },
  };
};
