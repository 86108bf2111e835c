/**
 * A recording without secrets: what they proved is written in their place (`proof`), and a replay puts back what
 * proves it again. Cookies that are not ours, the site's own login among them, are not recorded at all.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { CollectRequest, Headers } from "./collect/request.ts";
import { credentialOf } from "./collect/trust.ts";
import { textNow } from "./collect/unpack.ts";
import { consentCookie, optOutCookie } from "./document/visitor.ts";
import type { TokenReader } from "./identity/login-token.ts";
import { maskAddress, masked, maskSecrets, maskTuples } from "./lib/mask-secrets.ts";
import type { KeyPlace, Proof, RecordedRequest } from "./model/recorded-request.ts";
import type { Site } from "./model/site.ts";

export type Told = Pick<RecordedRequest, "headers" | "url" | "body" | "proof">;

/** Takes a request's secrets out, and says what they proved; null for one of which nothing would be read. */
export type Redact = (request: CollectRequest) => Told | null;

export interface RedactParts {
  /** reads the login tokens of the sites that have any */
  readonly tokens: ReadonlyMap<string, TokenReader>;
  /** the endpoint that takes a path: behind it names and values begin */
  readonly baseOf: (path: string) => string | null;
  readonly maxBodyBytes: number;
}

export const createRedact = (
  sites: readonly Site[],
  { tokens, baseOf, maxBodyBytes }: RedactParts,
): Redact => {
  const keys = keysOf(sites);
  const digests = keys.map(({ name, key }) => ({ name, digest: digestOf(key) }));
  const keepHeaders = headerFilter(sites);
  return (request) => {
    const { site, headers, path, query, receivedAt } = request;
    const sent = hideInBody(request, keys, maxBodyBytes);
    if (sent === null) return null;
    const given = givenKey(headers["authorization"], query);
    const writeKey = given === null ? null : nameOf(given, digests);
    const user = tokens.get(site.id)?.(headers, receivedAt) ?? null;
    const shownPath = maskTuples(path, baseOf(path) ?? path);
    const url = hideKeys(query === "" ? shownPath : `${shownPath}?${maskSecrets(query)}`, keys);
    const proof: Proof = {
      ...(writeKey !== null && { writeKey }),
      ...(user !== null && { user }),
      ...(url.places.length > 0 && { inUrl: url.places }),
      ...(sent.places.length > 0 && { inBody: sent.places }),
    };
    return {
      url: url.text,
      headers: keepHeaders(headers, sent.unpacked),
      body: sent.body,
      ...(Object.keys(proof).length > 0 && { proof }),
    };
  };
};

interface SentBody {
  readonly body: Buffer;
  readonly places: readonly KeyPlace[];
  /** it came packed, and is recorded unpacked, because there were secrets in it */
  readonly unpacked: boolean;
}

/** Without its secrets; null where it is too large to be read. */
const hideInBody = (
  { body, headers }: CollectRequest,
  keys: readonly NamedKey[],
  maxBytes: number,
): SentBody | null => {
  const encoding = headers["content-encoding"];
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const read = textNow(body, encoding, maxBytes);
  if (read.kind === "tooLarge") return null;
  // Nobody knows what is in bytes that cannot be unpacked: the first of them cannot be either.
  if (read.kind !== "text") return { body: bytes.subarray(0, 2), places: [], unpacked: false };
  const { text, places } = hideKeys(maskSecrets(read.text), keys);
  if (text === read.text) return { body: bytes, places, unpacked: false };
  return { body: Buffer.from(text), places, unpacked: encoding !== undefined };
};

/** A text without the write keys that stand in it, and where each stood. */
const hideKeys = (text: string, keys: readonly NamedKey[]): { text: string; places: readonly KeyPlace[] } => {
  const places: KeyPlace[] = [];
  let shown = text;
  for (const { name, key } of keys) {
    for (let at = shown.indexOf(key); at >= 0; at = shown.indexOf(key, at)) {
      shown = shown.slice(0, at) + shown.slice(at + key.length);
      places.push({ at, key: name });
    }
  }
  return { text: shown, places };
};

/** Where a replay tells whom a login token named. No request of a client is read for it. */
const loginHeader = "turnpike-login";

const secretHeaders = ["authorization", "proxy-authorization", loginHeader] as const;
const secretHeader = /token|secret|api-?key|jwt|password/;

const headerFilter = (sites: readonly Site[]) => {
  const ours = new Set([...otherCookies, ...sites.flatMap(({ cookies }) => Object.values(cookies))]);
  const named = sites.flatMap(({ identity }) => identity.header?.toLowerCase() ?? []);
  const hidden = new Set([...secretHeaders, "cookie", ...named]);
  return (headers: Headers, unpacked: boolean): Record<string, string> => {
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined || hidden.has(name) || secretHeader.test(name)) continue;
      if (name === "user") kept[name] = maskSecrets(value);
      else if (name === "referer") kept[name] = maskAddress(value);
      else if (name !== "content-encoding" || !unpacked) kept[name] = value;
    }
    const cookies = ownCookies(headers["cookie"], ours);
    if (cookies !== "") kept["cookie"] = cookies;
    if (headers["authorization"] !== undefined) kept["authorization"] = `Bearer ${masked}`;
    return kept;
  };
};

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

/** The key that a request shows, whatever it is: in its header, or in the query as GA4's servers do. */
const givenKey = (authorization: string | undefined, query: string): string | null => {
  const secret = /(?:^|&)api_secret=([^&]*)/.exec(query)?.[1];
  return credentialOf(authorization ?? "") ?? (secret === undefined ? null : decoded(secret));
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
    const found = proof?.inBody
      ? Buffer.from(showKeys(request.body.toString("utf8"), proof.inBody, keyOf))
      : request.body;
    const address = proof?.inUrl ? showKeys(request.url, proof.inUrl, keyOf) : request.url;
    const key = proof?.writeKey === undefined ? undefined : keyOf(proof.writeKey);
    if (key === undefined) return { ...request, headers, body: found, url: address };
    if (headers["authorization"] === `Bearer ${masked}`) headers["authorization"] = `Bearer ${key}`;
    const url = address.replace(/([?&]api_secret=)\*(?=&|$)/, `$1${encodeURIComponent(key)}`);
    return { ...request, headers, body: found, url };
  };
};

/** The last that was taken out goes in first: so each place is what it was. */
const showKeys = (
  text: string,
  places: readonly KeyPlace[],
  keyOf: (name: string) => string | undefined,
): string =>
  places.reduceRight(
    (shown, { at, key }) => shown.slice(0, at) + (keyOf(key) ?? masked) + shown.slice(at),
    text,
  );

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
