/**
 * The site's own login token, where it names one: a JSON Web Token (RFC 7519) in a cookie or header. Whoever shows one
 * whose signature holds is the user it names; everything else is as if there were none.
 */
import {
  createHmac,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  timingSafeEqual,
  verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { createCache } from "../lib/cache.ts";
import type { IdentityRules } from "../model/site.ts";

/** The user whom a request's login token names, or null. Never throws. */
export type TokenReader = (
  headers: Readonly<Record<string, string | undefined>>,
  now: number,
) => string | null;

/** `jwks` is the text of the key set that the settings name; null where they name a secret. Throws what is wrong with it. */
export const createTokenReader = (rules: IdentityRules, jwks: string | null): TokenReader => {
  const { cookie, header, claim = "sub" } = rules;
  const keys: Keys = { secret: rules.secret ?? null, set: jwks === null ? [] : readKeySet(jwks) };
  const known = createCache<string, Checked>(10_000);
  return (headers, now) => {
    const token =
      (header && bearer(headers[header.toLowerCase()])) || (cookie && inCookie(headers["cookie"], cookie));
    if (!token || token.length > maxTokenLength) return null;
    let checked = known.get(token);
    if (!checked) {
      checked = check(token, keys, claim);
      known.set(token, checked);
    }
    const { userId, fromMs, untilMs } = checked;
    return now + leewayMs >= fromMs && now - leewayMs < untilMs ? userId : null;
  };
};

/** Readers of the sites that name a token. Throws one sentence where a file of keys cannot be read. */
export const readSiteTokens = (
  sites: readonly { readonly id: string; readonly identity: IdentityRules }[],
): ReadonlyMap<string, TokenReader> => {
  const readers = new Map<string, TokenReader>();
  for (const { id, identity } of sites) {
    if (!identity.cookie && !identity.header) continue;
    try {
      const jwks = identity.jwks === undefined ? null : readFileSync(identity.jwks, "utf8");
      readers.set(id, createTokenReader(identity, jwks));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `identity: site ${id}: jwks: ${identity.jwks} holds no keys to check tokens with: ${reason}`,
        {
          cause,
        },
      );
    }
  }
  return readers;
};

const maxTokenLength = 8192;
/** Clocks of the site's servers differ. */
const leewayMs = 60_000;

interface Keys {
  readonly secret: string | null;
  readonly set: readonly { readonly kid: string | null; readonly key: KeyObject }[];
}

interface Checked {
  readonly userId: string | null;
  readonly fromMs: number;
  readonly untilMs: number;
}

const invalid: Checked = { userId: null, fromMs: 0, untilMs: 0 };

const check = (token: string, keys: Keys, claim: string): Checked => {
  const [head = "", body = "", signature = "", more] = token.split(".");
  const [header, claims] = [parse(head), parse(body)];
  if (more !== undefined || header === null || claims === null) return invalid;
  if (!isSigned(header, Buffer.from(`${head}.${body}`), Buffer.from(signature, "base64url"), keys))
    return invalid;
  const user = claims[claim];
  const userId = typeof user === "number" ? String(user) : user;
  if (typeof userId !== "string" || userId === "" || userId.length > 256) return invalid;
  return {
    userId,
    fromMs: seconds(claims["nbf"], 0),
    untilMs: seconds(claims["exp"], Number.POSITIVE_INFINITY),
  };
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

/** The key decides which signatures it takes: a public key is never a secret, and `none` is no signature. */
const isSigned = (
  { alg, kid }: Fields,
  signed: Buffer,
  signature: Buffer,
  { secret, set }: Keys,
): boolean => {
  if (secret !== null) {
    const hash = macs.get(String(alg));
    if (hash === undefined) return false;
    const right = createHmac(hash, secret).update(signed).digest();
    return right.length === signature.length && timingSafeEqual(right, signature);
  }
  const fitting = set.filter((one) => one.kid === null || kid === undefined || one.kid === kid);
  return fitting.some(({ key }) => {
    const way = ways.get(String(alg));
    if (way === undefined || key.asymmetricKeyType !== way.type) return false;
    return verify(way.hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature);
  });
};

const macs: ReadonlyMap<string, string> = new Map([
  ["HS256", "sha256"],
  ["HS384", "sha384"],
  ["HS512", "sha512"],
]);

const ways: ReadonlyMap<string, { readonly type: string; readonly hash: string | null }> = new Map([
  ["RS256", { type: "rsa", hash: "sha256" }],
  ["RS384", { type: "rsa", hash: "sha384" }],
  ["RS512", { type: "rsa", hash: "sha512" }],
  ["ES256", { type: "ec", hash: "sha256" }],
  ["ES384", { type: "ec", hash: "sha384" }],
  ["EdDSA", { type: "ed25519", hash: null }],
]);

const readKeySet = (text: string): Keys["set"] => {
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0) throw new Error('expected {"keys": […]} with a public key');
  return (keys as (JsonWebKey & { kid?: string })[]).map((jwk) => ({
    kid: jwk.kid ?? null,
    key: createPublicKey({ key: jwk, format: "jwk" }),
  }));
};

const bearer = (value: string | undefined): string | null => value?.replace(/^bearer +/i, "").trim() || null;

const inCookie = (cookies: string | undefined, name: string): string | null => {
  for (const pair of cookies?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || null;
  }
  return null;
};
