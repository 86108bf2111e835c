/** Requests that speak of the way they take: `TRACE`, and `Max-Forwards` (RFC 9110 §7.6.2, §9.3.8). */
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { type HeaderPairs, without } from "./header-pairs.ts";

/** Says that an OPTIONS ends here, and is not for an upstream. */
export const endsHere = ({ req }: Exchange): boolean =>
  req.method === "OPTIONS" && /^0+$/.test(req.headers["max-forwards"]?.toString() ?? "");

/**
 * A TRACE shows its request to whoever sent it, and in front of an upstream that is also what we added to it, or a page's
 * script could not read: nobody gets one.
 */
export const refuseTrace = ({ req }: Exchange): void => {
  if (req.method !== "TRACE") return;
  throw new HttpError(405, "TRACE is not answered here", {
    headers: { allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" },
  });
};

/** One hop fewer is left to an OPTIONS that counts them. */
export const countHop = (pairs: HeaderPairs, method: string | undefined): HeaderPairs => {
  if (method !== "OPTIONS") return pairs;
  let left: string | null = null;
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === "max-forwards") left = pairs[i + 1] ?? "";
  if (left === null || !/^\d{1,9}$/.test(left)) return pairs;
  return [...without(pairs, (name) => name === "max-forwards"), "max-forwards", String(Number(left) - 1)];
};
