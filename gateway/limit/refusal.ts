import { HttpError } from "../http/http-error.ts";
import type { Rule, RuleName, Standing } from "./counters.ts";

/** A refusal whose connection is closed without an answer. */
export class Unanswered extends HttpError {}

const nouns: Readonly<Record<RuleName, string>> = {
  address: "from this address",
  visitor: "from this visitor",
  key: "with this key",
  route: "for this path",
  "daily-address": "from this address today",
  "daily-visitor": "from this visitor today",
  "daily-key": "with this key today",
};

/** Where a request stands with a rule. */
export interface Told {
  readonly rule: Rule;
  readonly standing: Standing;
}

/** 429 for what is over all of these, and when the last of them is not any more. */
export const tooMany = (refusals: readonly Told[]): HttpError => {
  const last = refusals.reduce((one, other) => (other.standing.resetMs > one.standing.resetMs ? other : one));
  const seconds = secondsLeft(last.standing);
  return new HttpError(429, `too many requests ${nouns[last.rule.name]}: try again in ${seconds} s`, {
    headers: { "retry-after": String(seconds), ...limitFields(refusals) },
  });
};

/** The fields of draft-ietf-httpapi-ratelimit-headers-10. */
export const limitFields = (
  told: readonly Told[],
): { readonly ratelimit: string; readonly "ratelimit-policy": string } => ({
  ratelimit: told
    .map(({ rule, standing }) => `"${rule.name}";r=${standing.left};t=${secondsLeft(standing)}`)
    .join(", "),
  "ratelimit-policy": told
    .map(({ rule }) => `"${rule.name}";q=${rule.quota};w=${Math.ceil(rule.windowSeconds)}`)
    .join(", "),
});

/**
 * An answer says where its client stands with each limit that an operator has set for somebody; with that of all
 * addresses, which is over every file of a page, only where little is left. Where nothing was counted nothing is said.
 */
export const isTold = ({ rule, standing }: Told): boolean =>
  standing.resetMs > 0 && (rule.name !== "address" || standing.left * 10 <= rule.quota);

const secondsLeft = ({ resetMs }: Standing): number => Math.max(1, Math.ceil(resetMs / 1000));

export const bannedError = (how: "403" | "close"): HttpError => {
  const sentence = "this address may not ask anything here";
  return how === "close" ? new Unanswered(403, sentence) : new HttpError(403, sentence);
};

/** What is refused for its size alone; null for a request that is small enough. */
export const sizeError = (
  url: string,
  fields: number,
  { urlBytes, headerFields }: { readonly urlBytes: number; readonly headerFields: number },
): HttpError | null => {
  if (url.length > urlBytes) return new HttpError(414, `the address asked for is over ${urlBytes} bytes`);
  if (fields > headerFields)
    return new HttpError(431, `the request has more than ${headerFields} header fields`);
  return null;
};
