/**
 * Headers on their way through, flat: name, value, name, value. Names are in lower case, so that every pass can
 * compare them as they are; HTTP/1.1 does not care and HTTP/2 allows nothing else.
 */
export type HeaderPairs = readonly string[];

/** The pairs of `rawHeaders`, names in lower case. */
export const pairsOf = (rawHeaders: readonly string[]): string[] => {
  const pairs = rawHeaders.slice();
  for (let i = 0; i < pairs.length; i += 2) pairs[i] = (pairs[i] ?? "").toLowerCase();
  return pairs;
};

/** The same pairs without those that `drop` names; the same array if there is nothing to drop. */
export const without = (pairs: HeaderPairs, drop: (name: string) => boolean): HeaderPairs => {
  let first = 0;
  while (first < pairs.length && !drop(pairs[first] ?? "")) first += 2;
  if (first >= pairs.length) return pairs;
  const kept = pairs.slice(0, first);
  for (let i = first + 2; i < pairs.length; i += 2) {
    const name = pairs[i] ?? "";
    if (!drop(name)) kept.push(name, pairs[i + 1] ?? "");
  }
  return kept;
};

/**
 * The name as servers read it that hand headers to a program in variables, as CGI does: to them `X_Real_IP` is `X-Real-IP`
 * (RFC 3875 §4.1.18), so whoever may not say the one must not say the other.
 */
export const dashed = (name: string): string => (name.includes("_") ? name.replaceAll("_", "-") : name);

/** The value of the first pair of that name. */
export const firstValue = (pairs: HeaderPairs, name: string): string | undefined => {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1];
  return undefined;
};

// RFC 9110 §7.6.1, with those of older servers. Trailers are sent on without being announced.
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** Drops the fields that speak of one connection only; ours to the next hop is another one. */
export const dropHopByHop = (pairs: HeaderPairs): HeaderPairs => without(pairs, isHopByHop);

const isHopByHop = (name: string): boolean => hopByHop.has(name);

// Framing and routing hang on these two: no peer may have them taken out.
const keptAlways = ["host", "content-length"];

/** Drops the fields that `Connection` names: they are hop-by-hop too (RFC 9110 §7.6.1). */
export const dropNominated = (pairs: HeaderPairs): HeaderPairs => {
  const names = connectionTokens(pairs);
  return names.length === 0 ? pairs : without(pairs, (name) => names.includes(name));
};

const connectionTokens = (pairs: HeaderPairs): readonly string[] => {
  const names: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== "connection") continue;
    const value = pairs[i + 1] ?? "";
    if (value === "keep-alive" || value === "close") continue; // nearly always; no field is called so
    names.push(...value.split(",").map((token) => token.trim().toLowerCase()));
  }
  return names.filter((name) => name !== "" && !keptAlways.includes(name));
};

const allowOrigin = "access-control-allow-origin";

/** Browsers refuse an answer that has two of these (Fetch §4.10): the last stays, which is the settings' own where they add one. */
export const keepOneAllowedOrigin = (pairs: HeaderPairs): HeaderPairs => {
  let last = -1;
  let found = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    if (pairs[i] !== allowOrigin) continue;
    last = i;
    found++;
  }
  if (found < 2) return pairs;
  return pairs.filter((_, i) => pairs[i - (i % 2)] !== allowOrigin || i - (i % 2) === last);
};
