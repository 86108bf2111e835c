import { createCache } from "../lib/cache.ts";

/** Content codings that files are sent in, the best first. */
export const codings = ["br", "zstd", "gzip"] as const;
export type Coding = (typeof codings)[number];

/** Every coding that a client takes and prefers to plain bytes, the best first (RFC 9110 §12.5.3). */
export type Accepted = readonly Coding[];

const known = createCache<string, Accepted>(500);
/** There are sixteen different ones, each of which is there once. */
const distinct = new Map<string, Accepted>();

/** Reads an `Accept-Encoding`; without one, plain bytes are sent, as clients that cannot unpack leave it out. */
export const acceptedCodings = (field: string | undefined): Accepted => {
  if (field === undefined || field === "") return nothing;
  const before = known.get(field);
  if (before) return before;
  const accepted = read(field);
  if (field.length <= 200) known.set(field, accepted);
  return accepted;
};

const read = (field: string): Accepted => {
  const weights = new Map<string, number>();
  for (const item of field.slice(0, 2000).toLowerCase().split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim());
    // The old name is the same coding (RFC 9110 §8.4.1.3).
    if (name !== "") weights.set(name === "x-gzip" ? "gzip" : name, weightOf(parameters));
  }
  const rest = weights.get("*") ?? 0;
  const plain = weights.get("identity") ?? 0; // unsaid, it is the last resort
  const weigh = (coding: Coding): number => weights.get(coding) ?? rest;
  return theOne(
    codings
      .filter((coding) => weigh(coding) > 0 && weigh(coding) >= plain)
      .sort((a, b) => weigh(b) - weigh(a)),
  );
};

const theOne = (accepted: Accepted): Accepted => {
  const name = accepted.join();
  const same = distinct.get(name);
  if (same) return same;
  distinct.set(name, accepted);
  return accepted;
};

const nothing = theOne([]);

// What cannot be read as a weight counts as none given.
const weightOf = (parameters: readonly string[]): number => {
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  return weight !== undefined && /^q=[01](\.\d{0,3})?$/.test(weight)
    ? Math.min(1, Number(weight.slice(2)))
    : 1;
};
