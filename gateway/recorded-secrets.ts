/**
 * A recording without secrets: what they proved is written in their place (`proof`), and a replay puts back what
 * proves it again. Cookies that are not ours, the site's own login among them, are not recorded at all.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { CollectRequest, Headers } from "./collect/request.ts";
import { consentCookie, optOutCookie } from "./document/visitor.ts";
import type { TokenReader } from "./identity/login-token.ts";
import type { RecordedRequest } from "./model/recorded-request.ts";
import type { Site } from "./model/site.ts";

export type Told = Pick<RecordedRequest, "headers" | "url" | "proof">;

/** Takes a request's secrets out, and says what they proved. */
export type Redact = (request: CollectRequest) => Told;

/** `tokens` reads the login tokens of the sites that have any. */
export const createRedact = (sites: readonly Site[], tokens: ReadonlyMap<string, TokenReader>): Redact => {
  const keys = keysOf(sites).map(({ name, key }) => ({ name, digest: digestOf(key) }));
  const ours = new Set([...otherCookies, ...sites.flatMap(({ cookies }) => Object.values(cookies))]);
  const named = sites.flatMap(({ identity }) => identity.header?.toLowerCase() ?? []);
  const hidden = new Set([...secretHeaders, ...named]);
  return ({ site, headers, path, query, receivedAt }) => {
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined && !hidden.has(name)) kept[name] = value;
    }
    const cookies = ownCookies(headers["cookie"], ours);
    if (cookies === "") delete kept["cookie"];
    else kept["cookie"] = cookies;
    if (headers["authorization"] !== undefined) kept["authorization"] = `Bearer ${blank}`;
    const secret = /(?:^|&)api_secret=([^&]*)/.exec(query)?.[1];
    const given = credentialOf(headers["authorization"]) ?? (secret === undefined ? null : decoded(secret));
    const writeKey = given === null ? null : nameOf(given, keys);
    const user = tokens.get(site.id)?.(headers, receivedAt) ?? null;
    const shown = query.replaceAll(/((?:^|&)api_secret=)[^&]*/g, `$1${blank}`);
    return {
      url: shown === "" ? path : `${path}?${shown}`,
      headers: kept,
      ...(writeKey === null && user === null
        ? {}
        : { proof: { ...(writeKey !== null && { writeKey }), ...(user !== null && { user }) } }),
    };
  };
};

/** Where a replay tells whom a login token named. No request of a client is read for it. */
const loginHeader = "turnpike-login";

/** Stands where a secret stood. */
const blank = "*";

const secretHeaders = ["authorization", "proxy-authorization", loginHeader] as const;

/** Cookies that are read beside those of the settings. */
const otherCookies = ["CookieConsent", "ehash", "sess", consentCookie, optOutCookie] as const;

const ownCookies = (header: string | undefined, ours: ReadonlySet<string>): string =>
  (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => {
      const name = pair.slice(0, pair.indexOf("=")).trim();
      return ours.has(name) || (name.startsWith("tp_") && ours.has(name.slice(3)));
    })
    .join("; ");

interface NamedKey {
  readonly name: string;
  readonly key: string;
}

/** Write keys by site and place: a name tells nothing of its key. */
const keysOf = (sites: readonly Site[]): readonly NamedKey[] =>
  sites.flatMap(({ id, writeKeys }) => writeKeys.map((key, i) => ({ name: `${id}/${i + 1}`, key })));

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

const nameOf = (given: string, keys: readonly { name: string; digest: Buffer }[]): string | null => {
  const digest = digestOf(given);
  return keys.find((one) => timingSafeEqual(one.digest, digest))?.name ?? null;
};

/** As collection reads them: the token of `Bearer`, the user name of `Basic`. */
const credentialOf = (authorization: string | undefined): string | null => {
  const [, scheme = "", rest = ""] = /^(\w+) +(\S+)$/.exec(authorization?.trim() ?? "") ?? [];
  if (/^bearer$/i.test(scheme)) return rest;
  if (!/^basic$/i.test(scheme)) return null;
  return Buffer.from(rest, "base64").toString("utf8").split(":", 1)[0] ?? "";
};

const decoded = (text: string): string => new URLSearchParams(`a=${text}`).get("a") ?? "";

/**
 * Puts back what a proof stands for. A key that has gone from the settings since is replaced by another of its site:
 * the recording says that it was good.
 */
export const createRestore = (sites: readonly Site[]): ((request: RecordedRequest) => RecordedRequest) => {
  const keys = keysOf(sites);
  const keyOf = (name: string): string | undefined =>
    keys.find((one) => one.name === name)?.key ?? keys.find((one) => siteIn(one.name) === siteIn(name))?.key;
  return (request) => {
    const { proof } = request;
    const headers = { ...request.headers };
    delete headers[loginHeader];
    if (proof?.user !== undefined) headers[loginHeader] = encodeURIComponent(proof.user);
    const key = proof?.writeKey === undefined ? undefined : keyOf(proof.writeKey);
    if (key === undefined) return { ...request, headers };
    if (headers["authorization"] === `Bearer ${blank}`) headers["authorization"] = `Bearer ${key}`;
    const url = request.url.replace(/([?&]api_secret=)\*(?=&|$)/, `$1${encodeURIComponent(key)}`);
    return { ...request, headers, url };
  };
};

const siteIn = (name: string): string => name.slice(0, name.lastIndexOf("/"));

/** Reads what `createRestore` has put back, in place of the tokens that are not there any more. */
export const readRestoredLogins = (sites: readonly Site[]): ReadonlyMap<string, TokenReader> =>
  new Map(
    sites
      .filter(({ identity }) => identity.cookie || identity.header)
      .map(({ id }): [string, TokenReader] => [id, restoredLogin]),
  );

const restoredLogin = (headers: Headers): string | null => {
  const user = headers[loginHeader];
  return user === undefined ? null : decodeURIComponent(user);
};
