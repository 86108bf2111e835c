/** Who may use the admin listener: bearer tokens for programs, a signed cookie for the dashboard. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { parseCookies } from "../http/cookies.ts";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Clock } from "../lib/clock.ts";
import { type Reach, type Role, reaches } from "../model/token.ts";
import type { KnownToken } from "./known-tokens.ts";

export interface Auth {
  /** A code for one sign-in link, good for 15 minutes. */
  newCode(): string;
  /** The `Set-Cookie` value for a good token or code; null for a wrong one. */
  signIn(given: { readonly token?: string; readonly code?: string }): string | null;
  readonly signOut: string;
  /** The sites that the request may do it with; throws 401 or 403 where it may not do what needs this role. */
  demand(x: Exchange, role: Role): Reach;
  /** True where the request carries a good token of at least this role, for the site that was asked. */
  holdsToken(x: Exchange, role: Role): boolean;
}

type Holder = Pick<KnownToken, "role" | "sites">;

export const adminCookie = "tp_admin";
const cookieHours = 12;
const codeMinutes = 15;
const maxCodes = 100;
const ranks: Readonly<Record<Role, number>> = { read: 1, write: 2, admin: 3 };

export const createAuth = (options: {
  readonly secret: Buffer;
  readonly clock: Clock;
  readonly tokens: () => readonly KnownToken[];
}): Auth => {
  const codes = new Map<string, number>();

  const findToken = (token: string): KnownToken | null => {
    const hash = createHash("sha256").update(token).digest();
    let found: KnownToken | null = null;
    for (const known of options.tokens()) {
      if (timingSafeEqual(hash, Buffer.from(known.hash, "hex"))) found = known;
    }
    return found;
  };

  const sign = (text: string): string =>
    createHmac("sha256", options.secret).update(`admin ${text}`).digest("base64url");

  const makeCookie = (role: Role, by: string): string => {
    const text = `${role}.${by}.${options.clock() + cookieHours * 3_600_000}`;
    const attributes = `Path=/; Max-Age=${cookieHours * 3600}; HttpOnly; SameSite=Strict`;
    return `${adminCookie}=${encodeURIComponent(`${text}.${sign(text)}`)}; ${attributes}`;
  };

  const readCookie = (x: Exchange): Holder | null => {
    for (const value of parseCookies(x.req.headers.cookie).get(adminCookie) ?? []) {
      const at = value.lastIndexOf(".");
      const text = value.slice(0, at);
      if (!isEqual(value.slice(at + 1), sign(text))) continue;
      const [role, by = "", expires] = text.split(".");
      if (Number(expires) < options.clock() || !isRole(role)) continue;
      if (by === "") return { role, sites: null };
      // A cookie does not outlive the token it was given for.
      const token = options.tokens().find(({ hash }) => hash.startsWith(by));
      if (token) return { role, sites: token.sites };
    }
    return null;
  };

  const bearer = (x: Exchange): string | null => {
    const header = x.req.headers.authorization;
    return header && /^bearer /i.test(header) ? header.slice(7).trim() : null;
  };

  return {
    newCode() {
      const code = randomBytes(16).toString("base64url");
      codes.set(code, options.clock() + codeMinutes * 60_000);
      for (const old of codes.keys()) {
        if (codes.size <= maxCodes) break;
        codes.delete(old); // oldest first: a Map keeps the order of insertion
      }
      return code;
    },
    signIn({ token, code }) {
      if (code !== undefined) {
        const expires = codes.get(code);
        codes.delete(code);
        return expires !== undefined && expires > options.clock() ? makeCookie("admin", "") : null;
      }
      const known = token === undefined ? null : findToken(token);
      return known ? makeCookie(known.role, known.hash.slice(0, 16)) : null;
    },
    signOut: `${adminCookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`,
    demand(x, role) {
      const token = bearer(x);
      const holder = token === null ? cookieHolder(x, readCookie) : findToken(token);
      if (holder === null)
        throw new HttpError(401, "sign in first: with the link that `turnpike start` prints, or a token");
      if (ranks[holder.role] < ranks[role])
        throw new HttpError(403, `this needs a token of the role ${role}; yours is ${holder.role}`);
      return holder.sites;
    },
    holdsToken(x, role) {
      const token = bearer(x);
      const known = token === null ? null : findToken(token);
      return known !== null && ranks[known.role] >= ranks[role] && reaches(known.sites, x.site.id);
    },
  };
};

/** A cookie comes along uncalled for, so it counts only where the page that asks is our own (design: CSRF). */
const cookieHolder = (x: Exchange, readCookie: (x: Exchange) => Holder | null): Holder | null => {
  const holder = readCookie(x);
  if (holder === null) return null;
  const safe = x.req.method === "GET" || x.req.method === "HEAD";
  const origin = x.req.headers.origin;
  const sameOrigin = origin === `${x.secure ? "https" : "http"}://${x.req.headers.host}`;
  const from = x.req.headers["sec-fetch-site"];
  if (from !== "same-origin" || !(sameOrigin || (safe && origin === undefined))) {
    throw new HttpError(403, "a request with the dashboard's cookie must come from the dashboard's own page");
  }
  return holder;
};

const isRole = (text: string | undefined): text is Role =>
  text === "read" || text === "write" || text === "admin";

/** Bytes are compared: a letter that takes two would make texts of one length differ, which throws. */
const isEqual = (a: string, b: string): boolean => {
  const [given, right] = [Buffer.from(a), Buffer.from(b)];
  return given.length === right.length && timingSafeEqual(given, right);
};
