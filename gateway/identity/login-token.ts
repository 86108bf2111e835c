/**
 * The site's own login token, where it names one: a JSON Web Token (RFC 7519) in a cookie or header. Whoever shows one
 * whose signature holds is the user it names; everything else is as if there were none.
 */
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { createCache } from "../lib/cache.ts";
import type { IdentityRules } from "../model/site.ts";
import { isSignedBy, type PublicKey } from "./key-set.ts";
import { createKeySource, type KeySource, type KeySourceParts } from "./key-source.ts";

/** The user whom a request's login token names, or null. Never throws. */
export type TokenReader = (
  headers: Readonly<Record<string, string | undefined>>,
  now: number,
) => string | null;

/** `keys` are those of the `jwks` that the settings name; null where they name a secret. */
export const createTokenReader = (rules: IdentityRules, keys: KeySource | null): TokenReader => {
  const { cookie, header } = rules;
  const known = createCache<string, Checked>(10_000);
  let knownBy: readonly PublicKey[] = [];
  const look = (token: string): Checked => {
    const set = keys?.current() ?? noKeys;
    // What other keys said of a token is not what these say.
    if (set !== knownBy) known.clear();
    knownBy = set;
    const key = hash("sha256", token, "base64"); // a client chooses how long its token is
    const before = known.get(key);
    if (before) return before;
    const checked = check(token, rules, { set, missed: (kid) => keys?.missed(kid) });
    known.set(key, checked);
    return checked;
  };
  return (headers, now) => {
    const token =
      (header && bearer(headers[header.toLowerCase()])) || (cookie && inCookie(headers["cookie"], cookie));
    if (!token || token.length > maxTokenLength) return null;
    const { userId, fromMs, untilMs } = look(token);
    return now + leewayMs >= fromMs && now - leewayMs < untilMs ? userId : null;
  };
};

/** Readers of the sites that name a token. Throws one sentence where a file of keys cannot be read. */
export const readSiteTokens = (
  sites: readonly { readonly id: string; readonly identity: IdentityRules }[],
  parts: KeySourceParts,
): ReadonlyMap<string, TokenReader> => {
  const readers = new Map<string, TokenReader>();
  for (const { id, identity } of sites) {
    if (!identity.cookie && !identity.header) continue;
    try {
      const keys = identity.jwks === undefined ? null : createKeySource(identity, parts);
      readers.set(id, createTokenReader(identity, keys));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const where = typeof identity.jwks === "string" ? identity.jwks : "what stands there";
      throw new Error(`identity: site ${id}: jwks: ${where} holds no keys to check tokens with: ${reason}`, {
        cause,
      });
    }
  }
  return readers;
};

const noKeys: readonly PublicKey[] = [];
const maxTokenLength = 8192;
/** Clocks of the site's servers differ. */
const leewayMs = 60_000;

interface Keys {
  readonly set: readonly PublicKey[];
  /** told a name that none of the keys has */
  readonly missed: (kid: string) => void;
}

interface Checked {
  readonly userId: string | null;
  readonly fromMs: number;
  readonly untilMs: number;
}

const invalid: Checked = { userId: null, fromMs: 0, untilMs: 0 };

const check = (token: string, rules: IdentityRules, keys: Keys): Checked => {
  const [head = "", body = "", signature = "", more] = token.split(".");
  const [header, claims] = [parse(head), parse(body)];
  if (more !== undefined || header === null || claims === null) return invalid;
  // RFC 7515 §4.1.11: who does not understand what is critical must refuse.
  if (header["crit"] !== undefined) return invalid;
  if (!isSigned(header, Buffer.from(`${head}.${body}`), Buffer.from(signature, "base64url"), rules, keys))
    return invalid;
  if (!isMeant(claims, rules)) return invalid;
  const user = claims[rules.claim ?? "sub"];
  const userId = typeof user === "number" ? String(user) : user;
  if (typeof userId !== "string" || userId === "" || userId.length > 256) return invalid;
  return {
    userId,
    fromMs: seconds(claims["nbf"], 0),
    untilMs: seconds(claims["exp"], Number.POSITIVE_INFINITY),
  };
};

/** Made by whom the settings name, for whom they name, where they do. */
const isMeant = (claims: Fields, { issuer, audience }: IdentityRules): boolean => {
  const { iss, aud } = claims;
  if (issuer !== undefined && iss !== issuer) return false;
  return audience === undefined || aud === audience || (Array.isArray(aud) && aud.includes(audience));
};

/** A time that is no number makes a token that is never valid. */
const seconds = (value: unknown, absent: number): number =>
  value === undefined ? absent : typeof value === "number" ? value * 1000 : Number.NaN;

type Fields = Readonly<Record<string, unknown>>;

const parse = (part: string): Fields | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null; // no token of ours
  }
};

const isSigned = (
  header: Fields,
  signed: Buffer,
  signature: Buffer,
  { secret }: IdentityRules,
  { set, missed }: Keys,
): boolean => {
  if (secret !== undefined) return isSignedWith(secret, header["alg"], signed, signature);
  const { kid } = header;
  if (typeof kid === "string" && !set.some((one) => one.kid === kid)) missed(kid);
  return isSignedBy(set, header, signed, signature);
};

const isSignedWith = (secret: string, alg: unknown, signed: Buffer, signature: Buffer): boolean => {
  const hash = macs.get(String(alg));
  if (hash === undefined) return false;
  const right = createHmac(hash, secret).update(signed).digest();
  return right.length === signature.length && timingSafeEqual(right, signature);
};

const macs: ReadonlyMap<string, string> = new Map([
  ["HS256", "sha256"],
  ["HS384", "sha384"],
  ["HS512", "sha512"],
]);

const bearer = (value: string | undefined): string | null => value?.replace(/^bearer +/i, "").trim() || null;

const inCookie = (cookies: string | undefined, name: string): string | null => {
  for (const pair of cookies?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || null;
  }
  return null;
};
