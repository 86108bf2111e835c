/**
 * Joins the rooms that a visitor's request walks through into one handler. Made anew when settings change; what
 * lives longer (store, secret, cookie names) comes in as `parts`.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { adminCookie } from "./api/auth.ts";
import { collect } from "./collect/collect.ts";
import { me } from "./collect/me.ts";
import { variants } from "./collect/variants.ts";
import type { Config } from "./config/schema.ts";
import { createNative } from "./decode/native/native.ts";
import { document, type Missed, type NamesInForce } from "./document/document.ts";
import { tellVariants } from "./document/variants-header.ts";
import { consentCookie, createVisitors, optOutCookie } from "./document/visitor.ts";
import { createAgentReader } from "./enrich/agent.ts";
import { createEnricher } from "./enrich/enrich.ts";
import { type Assigner, createAssigner } from "./experiment/assign.ts";
import { formatXid } from "./experiment/variant-cookie.ts";
import { compose, type Exchange, type Handler } from "./http/exchange.ts";
import { HttpError } from "./http/http-error.ts";
import { createCache } from "./lib/cache.ts";
import type { Clock } from "./lib/clock.ts";
import { parseCidrs } from "./lib/ip.ts";
import { maskIp } from "./lib/mask-ip.ts";
import { createLimiter } from "./limit/limit.ts";
import type { EventStore } from "./model/event-store.ts";
import type { Experiment } from "./model/experiment.ts";
import type { Site } from "./model/site.ts";
import { createProxy } from "./proxy/proxy.ts";
import { type ClaimKey, claimsOf, routesOf } from "./public-paths.ts";
import { createSiteFinder } from "./route/find-site.ts";
import { type Claim, type CompiledRoute, createRouter } from "./route/router.ts";
import { createStatic } from "./static/static.ts";

export interface AppParts {
  readonly store: EventStore;
  readonly secret: Buffer;
  readonly names: NamesInForce;
  readonly clock: Clock;
  readonly mayDebug: (x: Exchange) => boolean;
  /** where the demo's back end listens; null when no route asks for it */
  readonly demoUpstream: string | null;
  readonly scriptFile: string;
  readonly missed: Missed;
  /** told why a request got 502 or 504 */
  readonly onError: (error: unknown, x: Exchange) => void;
}

/** Request headers: only `set-cookie` comes as an array, and requests have none. */
type PlainHeaders = Readonly<Record<string, string | undefined>>;

export interface App {
  readonly handler: Handler;
  readonly siteOf: (host: string) => Site | null;
  readonly isTrusted: (address: string) => boolean;
  close(): Promise<void>;
}

export const createApp = (config: Config, parts: AppParts): App => {
  const sites = sitesOf(config);
  const isTrusted = parseCidrs(config.trustedProxies);
  const assigners = assignersOf(sites);
  const enrich = createEnricher({ cacheSize: 10_000 });
  const agents = createAgentReader(10_000);
  const limiter = createLimiter(config.limits, isTrusted);
  const { scriptPath, collectPath } = config.tracking;
  const visitors = createVisitors({ secret: parts.secret, names: (site) => parts.names.of(site) });
  const assign = (site: Site, visitorId: string, path: string) => assigners.at(site).byPath(visitorId, path);
  const resolve = (x: Exchange) => visitors.resolve(x, false);

  const documents = document({
    visitors,
    names: parts.names,
    assign,
    formatXid,
    botClass: (userAgent) => agents(userAgent ?? "").bot,
    make: {
      enrich: (event, x, privacy) =>
        enrich(event, { headers: x.req.headers as PlainHeaders, site: x.site, privacy }),
      maskIp,
      now: parts.clock,
    },
    append: (events) => parts.store.append(events),
    scriptPath,
    collectPath,
    missed: parts.missed,
  });

  const told = tellVariants({
    variantsOf(x) {
      if (x.site.experiments.length === 0 || x.req.headers.cookie === undefined) return null;
      const { id } = resolve(x);
      return id && agents(x.req.headers["user-agent"] ?? "").bot === null
        ? assigners.at(x.site).all(id)
        : null;
    },
  });

  const take = collect({
    protocol: createNative({ contactKey: parts.secret, batchEvents: config.limits.batchEvents, collectPath }),
    store: parts.store,
    enrich,
    resolve,
    issue: (x, visitorId) => visitors.issue(x, visitorId),
    variantsOf: (site, visitorId) => assigners.at(site).all(visitorId),
    mayDebug: parts.mayDebug,
    maxBodyBytes: config.limits.bodyBytes,
    collectPath,
  });

  const handlers: Readonly<Record<ClaimKey, Handler>> = {
    script: serveScript(parts.scriptFile),
    events: take,
    variants: variants({ resolve, assign }),
    wishes: me({ forget: visitors.forget, cookieScope: visitors.cookieScope, consentCookie, optOutCookie }),
  };
  const claims: readonly Claim[] = claimsOf(config).map((claim) => ({
    ...claim,
    handler: handlers[claim.key],
  }));

  const closers: (() => Promise<void>)[] = [];
  const described = routesOf(config);
  const routes = config.routes.flatMap((route, index): CompiledRoute[] => {
    const own = answerOf(route, parts, isTrusted, closers);
    const answer = route.proxy ? told(own) : own;
    const description = described[index];
    return description ? [{ ...description, handler: route.inject ? documents(answer) : answer }] : [];
  });

  const router = createRouter({ claims, routes, notFound });
  return {
    handler: compose([limiter.layer], router),
    siteOf: createSiteFinder(sites),
    isTrusted,
    async close() {
      limiter.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
};

/** The sites of the settings, each with its experiments. */
export const sitesOf = (config: Config): readonly Site[] =>
  config.sites.map((site) => ({
    ...site,
    experiments: config.experiments.filter((experiment) => experiment.site === site.id),
  }));

const answerOf = (
  route: Config["routes"][number],
  parts: AppParts,
  isTrusted: (address: string) => boolean,
  closers: (() => Promise<void>)[],
): Handler => {
  if (route.static) return createStatic(route.static);
  if (!route.proxy) return notFound;
  const upstreams = route.proxy.upstreams.map((url) => (url === "demo" ? (parts.demoUpstream ?? url) : url));
  const proxy = createProxy(
    { ...route.proxy, upstreams },
    { isTrusted, stripCookies: [adminCookie], onError: parts.onError },
  );
  closers.push(() => proxy.close());
  return proxy.handle;
};

const notFound: Handler = (x) => {
  throw new HttpError(404, `nothing is served at ${x.path.slice(0, 200)}`);
};

/** The script, from memory; pages ask for it again after five minutes. */
const serveScript = (file: string): Handler => {
  const body = readFileSync(file);
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  const headers = {
    "content-type": "text/javascript; charset=utf-8",
    "cache-control": "public, max-age=300",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
    etag,
  };
  return (x) => {
    if (x.req.headers["if-none-match"] === etag) return void x.res.writeHead(304, headers).end();
    x.res.writeHead(200, { ...headers, "content-length": body.length });
    x.res.end(x.req.method === "HEAD" ? undefined : body);
  };
};

interface SiteAssigner {
  readonly byPath: Assigner;
  /** all running experiments, whatever their paths */
  all(visitorId: string): Readonly<Record<string, string>> | null;
}

const assignersOf = (sites: readonly Site[]): { at(site: Site): SiteAssigner } => {
  const bySite = new Map(sites.map((site) => [site.id, createSiteAssigner(site.experiments)]));
  const none = createSiteAssigner([]);
  return { at: (site) => bySite.get(site.id) ?? none };
};

const createSiteAssigner = (experiments: readonly Experiment[]): SiteAssigner => {
  const everywhere = createAssigner(experiments.map((experiment) => ({ ...experiment, paths: [] })));
  const known = createCache<string, Readonly<Record<string, string>>>(20_000);
  return {
    byPath: createAssigner(experiments),
    all(visitorId) {
      if (experiments.length === 0) return null;
      let variantsInForce = known.get(visitorId);
      if (!variantsInForce) {
        variantsInForce = Object.fromEntries(
          everywhere(visitorId, "/").map((a) => [a.experiment, a.variant]),
        );
        known.set(visitorId, variantsInForce);
      }
      return variantsInForce;
    },
  };
};
