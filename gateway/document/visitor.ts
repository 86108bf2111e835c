/**
 * The one authority for the visitor's id: reads it from the request's cookies, mints it, and issues the cookies.
 * A `vid` is `<uuid>.<day of issue>.<signature>`; ids of older scripts come without the last two and are taken over.
 */
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { getDomain } from "tldts";
import { parseCookies, setCookie } from "../http/cookies.ts";
import type { Exchange } from "../http/exchange.ts";
import { createCache } from "../lib/cache.ts";
import type { Privacy } from "../model/hit.ts";
import { hashedId, newId, parseUuid } from "../model/ids.ts";
import type { CookieNames, Site } from "../model/site.ts";
import type { Visitor } from "../model/visitor.ts";
import type { DailySalt } from "./daily-salt.ts";

/** What a visitor said about being counted; set by `POST …/me`, readable by the page. */
export const consentCookie = "tp_consent";
export const optOutCookie = "tp_optout";

/** 400 days, the longest life browsers grant. */
const visitorSeconds = 34_560_000;

/** What of a request says who asks. An `Exchange` fits, and so does what was recorded of one. */
export interface Asker extends Pick<Exchange, "site" | "host" | "secure" | "receivedAt" | "address"> {
  /** as received; a hit says there what its page was told and we cannot see */
  readonly query?: string;
  readonly req: { readonly headers: Readonly<Record<string, string | readonly string[] | undefined>> };
}

export interface Visitors {
  /** `mint`: give a visitor without an id a new one, where that is allowed. */
  resolve(x: Asker, mint: boolean): Visitor;
  /** The `Set-Cookie` values for the visitor and the session. */
  cookies(x: Asker, visitor: Visitor): readonly string[];
  /** The `vid` cookie of an id that came with a hit. */
  issue(x: Asker, id: string): string;
  /** `Set-Cookie` values that make the browser forget the visitor. */
  forget(x: Asker): readonly string[];
  /** Options for any other cookie of the site. */
  cookieScope(x: Asker): { readonly domain: string | null; readonly secure: boolean };
}

export const createVisitors = (options: {
  readonly secret: Buffer;
  /** Names in force: those of the settings, or others where the site's own server uses them. */
  readonly names: (site: Site) => CookieNames;
  /** the day's salt, for sites without cookies; there nobody has an id where it is left out */
  readonly salt?: Pick<DailySalt, "at"> | undefined;
}): Visitors => {
  const verified = createCache<string, Signed>(20_000);
  const secretKey = createSecretKey(options.secret); // made once: of the bytes each signature takes seven times as long

  const sign = (site: string, id: string, day: string): string =>
    createHmac("sha256", secretKey).update(`${site} ${id} ${day}`).digest("base64url").slice(0, 22);

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

  const cookieScope = (x: Asker) => ({ domain: cookieDomain(x.site, x.host), secure: x.secure });

  const issueAt = (x: Asker, id: string): string => {
    const day = dayOf(x.receivedAt);
    const value = `${id}.${day}.${sign(x.site.id, id, day)}`;
    const name = options.names(x.site).visitor;
    return setCookie(name, value, { ...cookieScope(x), maxAgeSeconds: visitorSeconds, httpOnly: true });
  };

  return {
    resolve(x, mint) {
      const { cookie } = x.req.headers;
      const cookies = parseCookies(typeof cookie === "string" ? cookie : undefined);
      const privacy = privacyOf(x, cookies);
      if (privacy.tracking === "none") return { ...nobody, privacy };
      if (x.site.cookieless) return { ...nobody, id: idOfDay(x, options.salt), privacy };
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
      if (!visitor.id || x.site.cookieless) return [];
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

/**
 * Who this is today, on a site that keeps nothing in browsers: told by address and browser, and by nobody after today.
 * A server that speaks for others is none of them.
 */
const idOfDay = (x: Asker, salt: Pick<DailySalt, "at"> | undefined): string | null => {
  if (!salt || x.req.headers["authorization"] !== undefined) return null;
  const seen = [x.site.id, x.address, String(x.req.headers["user-agent"] ?? "")];
  return hashedId([createHmac("sha256", salt.at(x.receivedAt)).update(seen.join("\0")).digest("hex")]);
};

interface Signed {
  readonly id: string;
  readonly day: string;
}

const nobody = { id: null, isNew: false, mustIssue: false, sessionId: null } as const;

/** What this visitor allows, by browser signal, own choice, and the site's rule, in this order. */
const privacyOf = (x: Asker, cookies: ReadonlyMap<string, readonly string[]>): Privacy => {
  const said = cookies.get(consentCookie)?.[0] ?? consentMark.exec(x.query ?? "")?.[1];
  const consent = said === "granted" || said === "denied" ? said : null;
  if (x.req.headers["sec-gpc"] === "1") return { tracking: "none", consent, reason: "gpc" };
  if (x.site.dnt && x.req.headers["dnt"] === "1") return { tracking: "none", consent, reason: "dnt" };
  const optedOut = cookies.get(optOutCookie)?.[0] === "1" || optOutMark.test(x.query ?? "");
  if (optedOut) return { tracking: "none", consent, reason: "optout" };
  if (consent === "denied" || (x.site.consent === "required" && consent !== "granted")) {
    return { tracking: "none", consent, reason: "consent" };
  }
  return consent === "granted" ? granted : unasked;
};

// Choices made on another origin do not reach us as cookies: the script puts them behind the address.
const consentMark = /(?:^|&)tp_consent=(granted|denied)(?:&|$)/;
const optOutMark = /(^|&)tp_optout=1(&|$)/;

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
  const own = site.cookieDomain?.toLowerCase() ?? null;
  // At a host that is not below it browsers would refuse the cookie, and each page would have another visitor.
  if (own !== null && (host === own || host.endsWith(`.${own}`))) return own;
  const known = domains.get(host);
  if (known !== undefined) return known;
  const domain = getDomain(host, { allowPrivateDomains: true });
  domains.set(host, domain);
  return domain;
};

const domains = createCache<string, string | null>(1000);

const dayOf = (ms: number): string => Math.floor(ms / 86_400_000).toString(36);
