/** What an answer's head says once its body is compressed, and whether it may be. Pure. */

export type Coding = "br" | "gzip";

export interface CodedHead {
  /** in which the body leaves; null: as it came */
  readonly coding: Coding | null;
  /** flat: name, value */
  readonly pairs: string[];
  /** the body's length is not known before its end */
  readonly isStream: boolean;
}

export interface CodingWish {
  readonly minBytes: number;
  /** the best that the client takes */
  readonly coding: Coding | null;
  readonly ifNoneMatch: string | undefined;
}

/** Names in the pairs are in lower case. */
export const codeHead = (status: number, pairs: readonly string[], wish: CodingWish): CodedHead => {
  const length = firstOf(pairs, "content-length");
  const isStream = length === undefined;
  const plain: CodedHead = { coding: null, pairs: [...pairs], isStream };
  if (status === 304) return { ...plain, pairs: asItWasSent(pairs, wish.ifNoneMatch) };
  if (!isCodable(status, pairs) || Number(length ?? wish.minBytes) < wish.minBytes) return plain;
  const varied = varying(pairs);
  if (!wish.coding) return { ...plain, pairs: varied };
  const coded = weakened(without(varied, ofPlainBytes));
  return { coding: wish.coding, pairs: [...coded, "content-encoding", wish.coding], isStream };
};

/** Of the bytes as they were: no longer true, or no longer possible. */
const ofPlainBytes = [
  "accept-ranges",
  "content-digest",
  "content-encoding",
  "content-length",
  "content-md5",
  "digest",
  "repr-digest",
];

const isCodable = (status: number, pairs: readonly string[]): boolean => {
  if (status < 200 || status === 204 || status === 205 || status === 206) return false;
  const coding = firstOf(pairs, "content-encoding");
  if (coding !== undefined && coding.toLowerCase() !== "identity") return false;
  if (firstOf(pairs, "content-range") !== undefined) return false;
  if (/\bno-transform\b/i.test(allOf(pairs, "cache-control").join(","))) return false;
  return isText.test(firstOf(pairs, "content-type") ?? "");
};

const isText =
  /^(?:text\/[^;]+|application\/(?:json|javascript|xml|manifest\+json|graphql|x-javascript|x-ndjson|[\w.-]+\+(?:json|xml))|image\/svg\+xml)\s*(?:;|$)/i;

// The tag is the same page's in any coding, so it is weak now (RFC 9110 §8.8.1).
const weakened = (pairs: readonly string[]): string[] =>
  pairs.map((text, i) =>
    pairs[i - 1] === "etag" && i % 2 === 1 && !text.startsWith("W/") ? `W/${text}` : text,
  );

/** "Not modified" must name the tag under which the client got what it has, or the client does not find it. */
const asItWasSent = (pairs: readonly string[], ifNoneMatch = ""): string[] => {
  const etag = firstOf(pairs, "etag");
  const wasWeak = etag !== undefined && !etag.startsWith("W/") && ifNoneMatch.includes(`W/${etag}`);
  return wasWeak ? varying(weakened(pairs)) : [...pairs];
};

/** Other clients get other bytes. */
const varying = (pairs: readonly string[]): string[] => {
  const vary = allOf(pairs, "vary").join(", ");
  if (/(^|,\s*)(accept-encoding|\*)(\s*,|$)/i.test(vary)) return [...pairs];
  return [...without(pairs, ["vary"]), "vary", vary === "" ? "Accept-Encoding" : `${vary}, Accept-Encoding`];
};

const without = (pairs: readonly string[], names: readonly string[]): string[] =>
  pairs.filter((_, i) => !names.includes(pairs[i - (i % 2)] ?? ""));

const allOf = (pairs: readonly string[], name: string): string[] =>
  pairs.filter((_, i) => i % 2 === 1 && pairs[i - 1] === name);

const firstOf = (pairs: readonly string[], name: string): string | undefined => allOf(pairs, name)[0];
