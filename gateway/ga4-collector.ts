/**
 * Joins collection with what GA4's clients expect around it: their paths below the site's prefix, the site that a
 * measurement id belongs to, the secret of a server in the query, and their cross-origin rules.
 */
import { type Collector, type CollectorOptions, createCollector } from "./collect/collector.ts";
import type { CollectAnswer, CollectRequest } from "./collect/request.ts";
import { createGa4, ga4PathsOf } from "./decode/ga4/ga4.ts";
import { requestPrivacy } from "./decode/ga4/request-privacy.ts";
import { streamIn } from "./decode/ga4/stream-in-query.ts";
import { ownsStream } from "./decode/ga4/streams.ts";
import type { HitOrigin } from "./identity/mark-claims.ts";
import type { Event } from "./model/event.ts";
import type { Hit, Privacy } from "./model/hit.ts";
import type { Site } from "./model/site.ts";
import type { Visitor } from "./model/visitor.ts";

export interface Ga4CollectorOptions
  extends Pick<CollectorOptions, "store" | "enrich" | "markClaims" | "maxBodyBytes"> {
  readonly sites: readonly Site[];
  /** most events in one hit */
  readonly batchEvents: number;
  /** our own visitor of the request, by its cookies: what he allows, and who he is */
  readonly visitorOf: (request: CollectRequest) => Pick<Visitor, "id" | "privacy">;
  /** variants in force for a visitor of ours */
  readonly variantsOf: CollectorOptions["variantsOf"];
}

/** Takes what is at a path of these protocols, on a site that has them; the rest goes to `others`. */
export const createGa4Collector = (options: Ga4CollectorOptions, others: Collector): Collector => {
  const { sites } = options;
  const paths = new Map(sites.map((site) => [site.id, pathsOf(site)]));
  const collector = innerCollector(options);
  return {
    take(request) {
      const path = paths.get(request.site.id)?.get(request.path);
      return path === undefined ? others.take(request) : takeAt(path, request, collector, sites);
    },
  };
};

/**
 * These clients bring their visitors with them: who our own cookie says it is does not count, but for the variants
 * that he was shown.
 */
const innerCollector = (options: Ga4CollectorOptions): Collector => {
  const { batchEvents, visitorOf, variantsOf, enrich, markClaims } = options;
  return createCollector({
    ...options,
    protocols: createGa4({ batchEvents }),
    enrich(event, hit) {
      const isHis = event.client_id !== undefined && !hit.trusted && event.consent !== "denied";
      if (hit.experiments !== null && isHis) event.experiments ??= hit.experiments;
      enrich(event, asAllowed(event, hit));
    },
    ...(markClaims && {
      markClaims: (event: Event, hit: Hit, origin: HitOrigin) =>
        markClaims(event, asAllowed(event, hit), origin),
    }),
    resolve(request, isForeign) {
      const visitor = visitorOf(request);
      const privacy = requestPrivacy(request, visitor.privacy, isForeign);
      const isShown = visitor.id !== null && request.site.experiments.length > 0;
      const experiments =
        isShown && privacy.tracking === "full" ? variantsOf(request.site, visitor.id) : null;
      return { id: null, isNew: false, mustIssue: false, sessionId: null, privacy, experiments };
    },
    issue: () => "",
    variantsOf: () => null,
  });
};

/** A line of a packed body may refuse what the request as a whole, which was looked at before, allows. */
const asAllowed = (event: Event, hit: Hit): Hit =>
  event.consent === "denied" && hit.privacy.tracking === "full" ? { ...hit, privacy: refused } : hit;

const refused: Privacy = { tracking: "none", consent: "denied", reason: "consent" };

const takeAt = async (
  path: string,
  request: CollectRequest,
  collector: Collector,
  sites: readonly Site[],
): Promise<CollectAnswer> => {
  if (request.method === "OPTIONS") return preflight(request);
  const methods = path.endsWith("/mp/collect") ? ["POST"] : ["GET", "POST"];
  if (!methods.includes(request.method)) return notAllowed(request, methods);
  const site = siteOfStream(request, sites);
  return dress(request, await collector.take(withKey({ ...request, path, site })));
};

/** Public path → the protocol's own. */
const pathsOf = (site: Site): ReadonlyMap<string, string> =>
  new Map(ga4PathsOf(site).map((path) => [`${site.ga4Prefix ?? ""}${path}`, path]));

/** One host may collect for several sites: where its own does not know the stream, another's that does is meant. */
const siteOfStream = ({ site, query }: CollectRequest, sites: readonly Site[]): Site => {
  if (sites.length < 2) return site;
  const stream = streamIn(query);
  if (stream === null || ownsStream(site, stream)) return site;
  return sites.find((other) => ga4PathsOf(other).length > 0 && ownsStream(other, stream)) ?? site;
};

/** `api_secret` is what a write key is called there. It goes no further than this. */
const withKey = (request: CollectRequest): CollectRequest => {
  if (!request.query.includes("api_secret=")) return request;
  const params = new URLSearchParams(request.query);
  const secret = params.get("api_secret") ?? "";
  params.delete("api_secret");
  const { headers } = request;
  const isPlain = /^[\x21-\x7e]+$/.test(secret);
  const keyed =
    headers["authorization"] === undefined && isPlain ? { authorization: `Bearer ${secret}` } : {};
  return { ...request, query: params.toString(), headers: { ...headers, ...keyed } };
};

/**
 * Their clients send with credentials from any page. Nothing about a visitor stands in an answer, so any page may read
 * it; and as they count visitors themselves, no cookie of ours goes out.
 */
const dress = (request: CollectRequest, answer: CollectAnswer): CollectAnswer => {
  const headers = corsFor(request);
  for (let i = 0; i + 1 < answer.headers.length; i += 2) {
    const name = answer.headers[i] ?? "";
    if (!replaced.has(name)) headers.push(name, answer.headers[i + 1] ?? "");
  }
  // A body that cannot be unpacked reaches no decoder, and none of theirs answers 200 without a word.
  const isUnread = answer.status === 200 && answer.body === "";
  const status = isUnread ? 400 : answer.status;
  if (isUnread) headers.push("content-type", "text/plain; charset=utf-8");
  return { status, headers, body: plainBodies[status] ?? answer.body };
};

const replaced: ReadonlySet<string> = new Set([
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "vary",
  "set-cookie",
]);

/** The sender is anybody: what is wrong with our disk, or with a key, is told in the log. */
const plainBodies: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  503: "Service Unavailable",
};

/** The same on every answer, as their own collector has it; a preflight is allowed the headers that it asks for. */
const corsFor = ({ headers, method }: CollectRequest): string[] => {
  const { origin } = headers;
  const asked = method === "OPTIONS" ? headers["access-control-request-headers"] : undefined;
  const reader =
    origin === undefined ? anyReader : ["access-control-allow-origin", origin, ...readsWithCredentials];
  return [...reader, ...may, asked ?? "Content-Type, X-Requested-With"];
};

const anyReader = ["access-control-allow-origin", "*"] as const;
const readsWithCredentials = ["access-control-allow-credentials", "true", "vary", "Origin"] as const;
const may = [
  "access-control-allow-methods",
  "POST, GET, OPTIONS",
  "access-control-max-age",
  "86400",
  "access-control-allow-headers",
] as const;

const preflight = (request: CollectRequest): CollectAnswer => ({
  status: 204,
  headers: corsFor(request),
  body: "",
});

const notAllowed = (request: CollectRequest, methods: readonly string[]): CollectAnswer => ({
  status: 405,
  headers: [
    ...corsFor(request),
    "allow",
    [...methods, "OPTIONS"].join(", "),
    "content-type",
    "text/plain; charset=utf-8",
  ],
  body: "Method Not Allowed",
});
