/** What the tests of this folder share: a hit of an unknown visitor, and its decoding. */
import type { Event, Keyed } from "../../model/event.ts";
import type { Hit } from "../../model/hit.ts";
import type { Decoded } from "../../model/protocol.ts";
import type { Site } from "../../model/site.ts";
import { testSite } from "../../model/test-site.ts";
import { nativeEndpoints } from "./endpoints.ts";
import { createNative } from "./native.ts";

/** 2026-03-01T12:00:00.000Z */
export const receivedAt = 1_772_366_400_000;

export const site: Site = {
  ...testSite,
  protocols: ["native"],
  excludedUrlParams: ["utm_source", "gclid"],
};

export const contactKey = Buffer.from("a key of thirty-two bytes or so.");

const blank: Hit = {
  site,
  receivedAt,
  method: "POST",
  path: "/tr/v1/",
  query: "",
  headers: { "user-agent": "test" },
  cookies: {},
  body: "",
  address: "203.0.113.77",
  visitorId: null,
  sessionId: null,
  experiments: null,
  privacy: { tracking: "full", consent: null, reason: null },
  trusted: false,
};

export const makeHit = (parts: Partial<Hit>): Hit => ({ ...blank, ...parts });

/** `GET /tr/v1/a/b?c=d` */
export const get = (target: string, parts: Partial<Hit> = {}): Hit => request("GET", target, "", parts);

export const post = (body: unknown, target = "/tr/v1/", parts: Partial<Hit> = {}): Hit =>
  request("POST", target, typeof body === "string" ? body : JSON.stringify(body), parts);

export const request = (method: string, target: string, body: string, parts: Partial<Hit> = {}): Hit => {
  const [path = "", query = ""] = target.split("?");
  return makeHit({ method, path, query, body, ...parts });
};

const legacyPaths = ["/str/v1/", "/img/v1/", "/tlv/v1/"];
const bases = nativeEndpoints("/tr/v1/", legacyPaths)
  .map(({ path }) => path)
  .filter((path) => path.endsWith("/"));

/** The hit as collection hands it on: with the endpoint that took it. */
export const decode = (hit: Hit): Decoded => {
  const [base] = bases.filter((path) => hit.path.startsWith(path)).sort((a, b) => b.length - a.length);
  return createNative({ contactKey, batchEvents: 100, legacyPaths }).decode({
    ...hit,
    ...(base && { base }),
  });
};

/** The event of a hit that has exactly one. */
export const decodeOne = (hit: Hit): Keyed => {
  const { events } = decode(hit);
  const [first] = events;
  if (first === undefined || events.length > 1) throw new Error(`${events.length} events`);
  return first;
};

export const eventOf = (hit: Hit): Event => decodeOne(hit).event;

export const problemsOf = (event: Event): string[] => (event.problems ?? []).map(({ field }) => field);
