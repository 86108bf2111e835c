/**
 * The one authority for the visitor's id: reads it from the request's cookies, mints it, and issues the cookies.
 * A `vid` is `<uuid>.<day of issue>.<signature>`; ids of older scripts come without the last two and are taken over.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { getDomain } from "tldts";
import { parseCookies, setCookie } from "../http/cookies.ts";
import type { Exchange } from "../http/exchange.ts";
import { createCache } from "../lib/cache.ts";
import type { Privacy } from "../model/hit.ts";
import { newId, parseUuid } from "../model/ids.ts";
import type { CookieNames, Site } from "../model/site.ts";
import type { Visitor } from "../model/visitor.ts";

/** What a visitor said about being counted; set by `POST …/me`, readable by the page. */
export const consentCookie = "tp_consent";
export const optOutCookie = "tp_optout";

/** 400 days, the longest life browsers grant. */
const visitorSeconds = 34_560_000;

export interface Visitors {
  /** `mint`: give a visitor without an id a new one, where that is allowed. */
  resolve(x: Exchange, mint: boolean): Visitor;
  /** The `Set-Cookie` values for the visitor and the session. */
  cookies(x: Exchange, visitor: Visitor): readonly string[];
  /** The `vid` cookie of an id that came with a hit. */
  issue(x: Exchange, id: string): string;
  /** `Set-Cookie` values that make the browser forget the visitor. */
  forget(x: Exchange): readonly string[];
  /** Options for any other cookie of the site. */
  cookieScope(x: Exchange): { readonly domain: string | null; readonly secure: boolean };
}

export const createVisitors = (options: {
  readonly secret: Buffer;
  /** Names in force: those of the settings, or others where the site's own server uses them. */
  readonly names: (site: Site) => CookieNames;
}): Visitors => {
  const verified = createCache<string, Signed>(20_000);

  const sign = (site: string, id: string, day: string): string =>
    createHmac("sha256", options.secret).update(`${site} ${id} ${day}`).digest("base64url").slice(0, 22);

  const verify = (site: string, value: string): Signed | null => {
    const key = `${site} ${value}`;
    const known = verified.get(key);
    if (known) return known;
    const [id, day, signature] = value.split(".");
    if (!id || !day || !signature || !parseUuid(id)) return null;
    const expected = Buffer.from(sign(site, id, day));
    const given = Buffer.from(signature);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null;
    const signed = { id, day };
    verified.set(key, signed);
    return signed;
  };

  /** Of several values the one with our signature wins, else the first that is an id. */
  const pick = (site: string, values: readonly string[]): { id: string; day: string | null } | null => {
    for (const value of values) {
      const signed = verify(site, value);
      if (signed) return signed;
    }
    for (const value of values) {
      const id = parseUuid(value.split(".")[0] ?? "");
      if (id) return { id, day: null };
    }
    return null;
  };

  const cookieScope = (x: Exchange) => ({ domain: cookieDomain(x.site, x.host), secure: x.secure });

  const issueAt = (x: Exchange, id: string): string => {
    const day = dayOf(x.receivedAt);
    const value = `${id}.${day}.${sign(x.site.id, id, day)}`;
    const name = options.names(x.site).visitor;
    return setCookie(name, value, { ...cookieScope(x), maxAgeSeconds: visitorSeconds, httpOnly: true });
  };

  return {
    resolve(x, mint) {
      const cookies = parseCookies(x.req.headers.cookie);
      const privacy = privacyOf(x, cookies);
      if (privacy.tracking === "none") return { ...nobody, privacy };
      const names = options.names(x.site);
      const sessionId = firstId(cookies.get(names.session));
      const found = pick(x.site.id, cookies.get(names.visitor) ?? []);
      if (found) {
        return {
          id: found.id,
          isNew: false,
          mustIssue: found.day !== dayOf(x.receivedAt),
          sessionId: sessionId ?? (mint ? newId() : null),
          privacy,
        };
      }
      if (!mint) return { ...nobody, sessionId, privacy };
      return { id: newId(), isNew: true, mustIssue: true, sessionId: sessionId ?? newId(), privacy };
    },
    cookies(x, visitor) {
      if (!visitor.id) return [];
      const names = options.names(x.site);
      const list = visitor.mustIssue ? [issueAt(x, visitor.id)] : [];
      if (visitor.sessionId) {
        const maxAgeSeconds = Math.ceil(x.site.sessions.idleMinutes * 60);
        list.push(
          setCookie(names.session, visitor.sessionId, { ...cookieScope(x), maxAgeSeconds, httpOnly: false }),
        );
      }
      return list;
    },
    issue: issueAt,
    forget(x) {
      const names = options.names(x.site);
      const gone = { ...cookieScope(x), maxAgeSeconds: 0 };
      return [
        setCookie(names.visitor, "", { ...gone, httpOnly: true }),
        ...[names.session, names.referrer, names.params, names.experiments].map((name) =>
          setCookie(name, "", { ...gone, httpOnly: false }),
        ),
      ];
    },
    cookieScope,
  };
};

interface Signed {
  readonly id: string;
  readonly day: string;
}

const nobody = { id: null, isNew: false, mustIssue: false, sessionId: null } as const;

/** What this visitor allows, by browser signal, own choice, and the site's rule, in this order. */
const privacyOf = (x: Exchange, cookies: ReadonlyMap<string, readonly string[]>): Privacy => {
  const said = cookies.get(consentCookie)?.[0];
  const consent = said === "granted" || said === "denied" ? said : null;
  if (x.req.headers["sec-gpc"] === "1") return { tracking: "none", consent, reason: "gpc" };
  if (cookies.get(optOutCookie)?.[0] === "1") return { tracking: "none", consent, reason: "optout" };
  if (consent === "denied" || (x.site.consent === "required" && consent !== "granted")) {
    return { tracking: "none", consent, reason: "consent" };
  }
  return consent === "granted" ? granted : unasked;
};

const granted: Privacy = { tracking: "full", consent: "granted", reason: null };
const unasked: Privacy = { tracking: "full", consent: null, reason: null };

const firstId = (values: readonly string[] | undefined): string | null => {
  for (const value of values ?? []) {
    const id = parseUuid(value);
    if (id) return id;
  }
  return null;
};

/** The registrable domain, so that subdomains share the visitor; null (host only) for IPs and single labels. */
const cookieDomain = (site: Site, host: string): string | null => {
  if (site.cookieDomain !== null) return site.cookieDomain;
  const known = domains.get(host);
  if (known !== undefined) return known;
  const domain = getDomain(host, { allowPrivateDomains: true });
  domains.set(host, domain);
  return domain;
};

const domains = createCache<string, string | null>(1000);

const dayOf = (ms: number): string => Math.floor(ms / 86_400_000).toString(36);
