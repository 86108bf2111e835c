/**
 * Joins the rooms that a visitor's request walks through into one handler. Made anew when settings change; what
 * lives longer (store, secret, cookie names) comes in as `parts`.
 */

import { collect } from "./collect/collect.ts";
import { type Collector, createCollector } from "./collect/collector.ts";
import { me } from "./collect/me.ts";
import { payments } from "./collect/payments.ts";
import { privacyEndpoints } from "./collect/privacy-endpoints.ts";
import { privacyNotice } from "./collect/privacy-notice.ts";
import type { CollectRequest } from "./collect/request.ts";
import { clear, ping, status } from "./collect/status.ts";
import { variants } from "./collect/variants.ts";
import { createWebsockets } from "./collect/websockets.ts";
import { type CollectLane, createCollectLane } from "./collect-lane.ts";
import type { Config } from "./config/schema.ts";
import { createNative } from "./decode/native/native.ts";
import { createDailySalt } from "./document/daily-salt.ts";
import { document, type Missed, type NamesInForce } from "./document/document.ts";
import { entityOfPage } from "./document/referrer-entity.ts";
import { serveScripts } from "./document/scripts.ts";
import { tellVariants } from "./document/variants-header.ts";
import { type Asker, consentCookie, createVisitors, optOutCookie } from "./document/visitor.ts";
import { createAgentReader } from "./enrich/agent.ts";
import { createEnricher } from "./enrich/enrich.ts";
import { createLocator } from "./enrich/geo.ts";
import { formatXid } from "./experiment/variant-cookie.ts";
import { createGa4Collector } from "./ga4-collector.ts";
import { createHitRecorder, recording } from "./hit-recorder.ts";
import { compose, type Exchange, type Handler, type Upgrade } from "./http/exchange.ts";
import { readSiteTokens } from "./identity/login-token.ts";
import { createClaimMarker } from "./identity/mark-claims.ts";
import { joinUpgrades } from "./join-upgrades.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import { parseCidrs } from "./lib/ip.ts";
import { maskIp } from "./lib/mask-ip.ts";
import { type CounterMaker, createLimiter } from "./limit/limit.ts";
import type { Upgrades } from "./listen/upgrades.ts";
import type { Event } from "./model/event.ts";
import type { EventStore } from "./model/event-store.ts";
import type { Site } from "./model/site.ts";
import type { TakeUpgrade } from "./proxy/proxy.ts";
import type { Tunnels } from "./proxy/tunnel.ts";
import { type ClaimKey, claimsOf, routesOf } from "./public-paths.ts";
import { createSiteFinder } from "./route/find-site.ts";
import { type Claim, type CompiledRoute, createRouter } from "./route/router.ts";
import { answerOf, notFound, publicFiles } from "./route-answers.ts";
import { assignersOf } from "./site-assigners.ts";

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
  /** websockets to upstreams, which outlive changes of the settings */
  readonly tunnels?: Tunnels;
  /** counts requests where several processes count together; in this process where it is left out */
  readonly counter?: CounterMaker;
  /** told in one sentence what the owner should know */
  readonly warn?: (sentence: string) => void;
  /** told why a request got 502 or 504 */
  readonly onError: (error: unknown, x: Pick<Exchange, "req" | "host" | "path">) => void;
}

/** Request headers: only `set-cookie` comes as an array, and requests have none. */
type PlainHeaders = Readonly<Record<string, string | undefined>>;

export interface App {
  readonly handler: Handler;
  /** the short way of plain hits */
  readonly lane: CollectLane;
  /** takes hits that come without an exchange */
  readonly collector: Collector;
  /** requests that become websockets, ours or an upstream's */
  readonly upgrades: Upgrades;
  readonly siteOf: (host: string) => Site | null;
  readonly isTrusted: (address: string) => boolean;
  close(): Promise<void>;
}

export const createApp = (config: Config, parts: AppParts): App => {
  const sites = sitesOf(config);
  const isTrusted = parseCidrs(config.trustedProxies);
  const siteOf = createSiteFinder(sites);
  const assigners = assignersOf(sites);
  const warn = parts.warn ?? (() => {});
  const locate = createLocator({ cityFile: config.geo.cityFile, cacheSize: 10_000, onTrouble: warn });
  const markClaims = createClaimMarker(readSiteTokens(sites));
  const enrich = createEnricher({ cacheSize: 10_000, locate });
  const store = filtering(parts.store, sites, enrich.keeps);
  const agents = createAgentReader(10_000);
  const limiter = createLimiter(config.limits, isTrusted, parts.counter);
  const { scriptPath, collectPath, legacyPaths, publicDir } = config.tracking;
  const salt = sites.some((site) => site.cookieless)
    ? createDailySalt(config.data.dir, parts.secret, systemClock)
    : undefined;
  const visitors = createVisitors({ secret: parts.secret, names: (site) => parts.names.of(site), salt });
  const assign = (site: Site, visitorId: string, path: string) =>
    site.cookieless ? [] : assigners.at(site).byPath(visitorId, path);
  const resolve = (x: Upgrade) => visitors.resolve(x, false);

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
    append: (events) => store.append(events),
    scriptPath,
    collectPath,
    missed: parts.missed,
  });

  const told = tellVariants({
    variantsOf(x) {
      if (x.site.experiments.length === 0 || x.site.cookieless || x.req.headers.cookie === undefined)
        return null;
      const { id } = resolve(x);
      return id && agents(x.req.headers["user-agent"] ?? "").bot === null
        ? assigners.at(x.site).all(id)
        : null;
    },
  });

  const recorder = config.recordHits && createHitRecorder({ ...config.recordHits, onTrouble: warn });
  const plainCollector = createCollector({
    protocols: [
      createNative({
        contactKey: parts.secret,
        batchEvents: config.limits.batchEvents,
        collectPath,
        legacyPaths,
      }),
    ],
    store,
    enrich,
    markClaims,
    resolve: (request) => visitors.resolve(askerOf(request), false),
    issue: (request, visitorId) => visitors.issue(askerOf(request), visitorId),
    // Tomorrow the same person would be another one, and be shown another variant.
    variantsOf: (site, visitorId) => (site.cookieless ? null : assigners.at(site).all(visitorId)),
    maxBodyBytes: config.limits.bodyBytes,
  });
  const anyCollector = createGa4Collector(
    {
      sites,
      store,
      enrich,
      markClaims,
      batchEvents: config.limits.batchEvents,
      maxBodyBytes: config.limits.bodyBytes,
      privacyOf: (request) => visitors.resolve(askerOf(request), false).privacy,
    },
    plainCollector,
  );
  const collector = recorder ? recording(anyCollector, recorder) : anyCollector;
  const take = collect({
    collector,
    mayDebug: parts.mayDebug,
    maxBodyBytes: config.limits.bodyBytes,
  });

  const handlers: Readonly<Record<ClaimKey, Handler>> = {
    script: serveScripts(parts.scriptFile, scriptPath),
    notice: privacyNotice,
    events: take,
    variants: variants({ resolve, assign, formatXid, entityOf: entityOfPage }),
    payments: payments({
      take,
      report: (name, parameters) => parts.store.report(name, parameters),
      paths: [`${collectPath}ltv/`, "/tlv/v1/"],
    }),
    privacy: privacyEndpoints({
      collector,
      resolve,
      report: (name, parameters) => parts.store.report(name, parameters),
      locate,
      jurisdictions: config.tracking.jurisdictions,
    }),
    public: publicFiles(publicDir, [`${collectPath}pub/`, "/pub/v1/"]),
    ping,
    status: status(openConnections),
    clear,
    wishes: me({ forget: visitors.forget, cookieScope: visitors.cookieScope, consentCookie, optOutCookie }),
  };
  const claims: readonly Claim[] = claimsOf(config).map((claim) => ({
    ...claim,
    handler: handlers[claim.key],
  }));

  const closers: (() => Promise<void>)[] = [];
  const described = routesOf(config);
  const routeParts = {
    isTrusted,
    visitorOf: (x: Upgrade) => resolve(x).id,
    onError: parts.onError,
    warn,
    demoUpstream: parts.demoUpstream,
    tunnels: parts.tunnels,
  };
  const proxied = new Map<Handler, TakeUpgrade>();
  const routes = config.routes.flatMap((route, index): CompiledRoute[] => {
    const own = answerOf(route, routeParts, closers);
    const answer = route.proxy ? told(own.handle) : own.handle;
    const handler = route.inject ? documents(answer) : answer;
    if (own.upgrade) proxied.set(handler, own.upgrade);
    const description = described[index];
    return description ? [{ ...description, handler }] : [];
  });

  const websockets = createWebsockets({
    collector,
    settings: config.tracking.websocket,
    collectPath,
    clock: parts.clock,
    onError: parts.onError,
    admit: ({ address, req }) =>
      limiter.admit({ address, peer: req.socket.remoteAddress, headers: req.headers }),
  });
  closers.push(() => websockets.close());

  const router = createRouter({ claims, routes, notFound });
  return {
    handler: compose([limiter.layer], router.handle),
    lane: createCollectLane({
      collector,
      handler: take,
      router,
      limiter,
      siteOf,
      isTrusted,
      now: parts.clock,
      maxBodyBytes: config.limits.bodyBytes,
    }),
    collector,
    upgrades: joinUpgrades({
      router,
      siteOf,
      limiter,
      own: { handler: take, paths: [`${collectPath}ws`, `${collectPath}ws/`], websockets },
      proxied,
      onError: parts.onError,
    }),
    siteOf,
    isTrusted,
    async close() {
      limiter.close();
      salt?.close();
      recorder?.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
};

const askerOf = (request: CollectRequest): Asker => ({
  site: request.site,
  host: request.host,
  secure: request.secure,
  receivedAt: request.receivedAt,
  address: request.address,
  query: request.query,
  req: request,
});

/** The store, without the events that filters of the settings drop. */
const filtering = (
  store: EventStore,
  sites: readonly Site[],
  keeps: (event: Event) => boolean,
): Pick<EventStore, "append" | "reject"> => {
  if (sites.every((site) => site.filters.conditions.length === 0)) return store;
  return {
    append(events) {
      const kept = events.filter(({ event }) => keeps(event));
      return kept.length === 0 ? Promise.resolve() : store.append(kept);
    },
    reject: (hit) => store.reject(hit),
  };
};

/** The sites of the settings, each with its experiments. */
export const sitesOf = (config: Config): readonly Site[] =>
  config.sites.map((site) => ({
    ...site,
    experiments: config.experiments.filter((experiment) => experiment.site === site.id),
  }));

const openConnections = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap" || name === "TLSWrap").length;
