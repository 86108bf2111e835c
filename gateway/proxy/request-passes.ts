import { requestHeader, type Upgrade } from "../http/exchange.ts";
import { requestId } from "../http/request-id.ts";
import { namingHeaders, plainAddress } from "../lib/ip.ts";
import {
  dashed,
  dropHopByHop,
  dropNominated,
  firstValue,
  type HeaderPairs,
  pairsOf,
  without,
} from "./header-pairs.ts";

/** What the passes over a request's headers must know beside the request. */
export interface RequestRules {
  readonly isTrusted: (address: string) => boolean;
  /** cookies that are ours alone and no upstream may see */
  readonly stripCookies: readonly string[];
}

type RequestPass = (pairs: HeaderPairs, x: Upgrade, rules: RequestRules) => HeaderPairs;

/** `Expect: 100-continue` was answered by us when the body was let in; the upstream gets the body without asking. */
export const dropExpect: RequestPass = (pairs) => without(pairs, (name) => name === "expect");

/** No field of HTTP, and to programs behind CGI the proxy to send their own requests through (`HTTP_PROXY`, "httpoxy"). */
export const dropProxy: RequestPass = (pairs) => without(pairs, (name) => name === "proxy");

/** Drops what only we may say or know: the assignment header, and our own cookies. */
export const dropOwn: RequestPass = (pairs, x, { stripCookies, isTrusted }) => {
  // Whose certificate it is says only who has seen it: we, or a proxy that is trusted.
  const isForged = (name: string): boolean =>
    name.charCodeAt(0) === 0x78 &&
    isOfCertificate(name) &&
    !isTrusted(plainAddress(x.req.socket.remoteAddress));
  const others = without(pairs, (name) => name === "x-experiment" || isForged(name));
  return stripCookies.length === 0 ? others : dropCookies(others, stripCookies);
};

const isOfCertificate = (name: string): boolean => name.startsWith("x-client-cert-");

const dropCookies = (pairs: HeaderPairs, names: readonly string[]): HeaderPairs => {
  if (!pairs.some((text, i) => i % 2 === 1 && pairs[i - 1] === "cookie" && hasCookie(text, names)))
    return pairs;
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? "";
    const value = pairs[i + 1] ?? "";
    const left =
      name === "cookie"
        ? cookiesOf(value)
            .filter((pair) => !isCookie(pair, names))
            .join("; ")
        : value;
    if (name !== "cookie" || left !== "") kept.push(name, left);
  }
  return kept;
};

const cookiesOf = (value: string): string[] => value.split(";").map((pair) => pair.trim());

const hasCookie = (value: string, names: readonly string[]): boolean =>
  names.some((name) => value.includes(name)) && cookiesOf(value).some((pair) => isCookie(pair, names));

const isCookie = (pair: string, names: readonly string[]): boolean => {
  const end = pair.indexOf("=");
  return names.includes(end < 0 ? pair : pair.slice(0, end).trim());
};

/** Drops what a server behind us could take for a field that we set, because its name has `_` for `-`. */
export const dropTwins: RequestPass = (pairs, { requestEdits }) =>
  without(pairs, (name) => {
    if (!name.includes("_")) return false;
    const twin = dashed(name);
    return isForwarding(twin) || isOfCertificate(twin) || twin === "x-experiment" || requestEdits.has(twin);
  });

/** Applies what layers decided: null takes a header out, a text replaces it or puts it in. */
export const applyEdits: RequestPass = (pairs, x) => {
  if (x.requestEdits.size === 0) return pairs;
  const edited = [...without(pairs, (name) => x.requestEdits.has(name))];
  for (const [name, value] of x.requestEdits) if (value !== null) edited.push(name, value);
  return edited;
};

/**
 * Says who asked, for which host, over what. What an untrusted peer claims about it is replaced; a trusted proxy's word
 * is kept, and it is itself added to `X-Forwarded-For`, and to `Forwarded` (RFC 7239) where the proxy speaks of that.
 */
export const addForwarded: RequestPass = (pairs, x, { isTrusted }) => {
  const peer = plainAddress(x.req.socket.remoteAddress);
  const believed = isTrusted(peer) ? pairs : null;
  // What a layer has put in, such as the name that an authentication server gave, is ours and no client's claim.
  const isClaim =
    x.requestEdits.size === 0
      ? isForwarding
      : (name: string) => isForwarding(name) && !x.requestEdits.has(name);
  const kept = without(pairs, believed ? isWay : isClaim) as string[];
  const forwarded = kept === pairs ? kept.slice() : kept; // ours to append to: `without` made it
  const before = believed && requestHeader(x, "x-forwarded-for");
  forwarded.push("x-forwarded-for", before ? `${before}, ${peer}` : peer);
  const way = believed && requestHeader(x, "forwarded");
  if (way) forwarded.push("forwarded", `${way}, ${hopOf(x, peer)}`);
  const say = (name: string, value: string): void => {
    if (!believed || firstValue(believed, name) === undefined) forwarded.push(name, value);
  };
  say("x-forwarded-host", x.req.headers.host ?? x.host);
  say("x-forwarded-proto", x.secure ? "https" : "http");
  say("x-request-id", requestId(x));
  return forwarded;
};

/** Grows by one hop with each proxy. */
const isWay = (name: string): boolean => name === "x-forwarded-for" || name === "forwarded";

/** An address of IPv6 stands in brackets, and what is no token in quotes (RFC 7239 §6). */
const hopOf = (x: Upgrade, peer: string): string => {
  const from = peer.includes(":") ? `"[${peer}]"` : peer;
  return `for=${from};host="${x.req.headers.host ?? x.host}";proto=${x.secure ? "https" : "http"}`;
};

const isForwarding = (name: string): boolean => name.startsWith("x-forwarded-") || saysWho.has(name);

const saysWho: ReadonlySet<string> = new Set(["forwarded", "x-request-id", ...namingHeaders]);

/** In this order: what a client nominates goes before anything of ours is added, so that it cannot name that. */
export const requestPasses = [
  dropNominated,
  dropHopByHop,
  dropExpect,
  dropProxy,
  dropOwn,
  dropTwins,
  applyEdits,
  addForwarded,
] as const satisfies readonly RequestPass[];

/** The headers for the upstream. */
export const upstreamHeaders = (x: Upgrade, rules: RequestRules): string[] => {
  let pairs: HeaderPairs = pairsOf(x.req.rawHeaders);
  for (const pass of requestPasses) pairs = pass(pairs, x, rules);
  return pairs as string[]; // undici asks for a mutable array and does not change it
};
