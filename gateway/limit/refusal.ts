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

/** 429, and when to come back. The RateLimit fields are those of draft-ietf-httpapi-ratelimit-headers-10. */
export const tooMany = (rule: Rule, { left, resetMs }: Standing): HttpError => {
  const seconds = Math.max(1, Math.ceil(resetMs / 1000));
  return new HttpError(429, `too many requests ${nouns[rule.name]}: try again in ${seconds} s`, {
    headers: {
      "retry-after": String(seconds),
      ratelimit: `"${rule.name}";r=${left};t=${seconds}`,
      "ratelimit-policy": `"${rule.name}";q=${rule.quota};w=${Math.ceil(rule.windowSeconds)}`,
    },
  });
};

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
