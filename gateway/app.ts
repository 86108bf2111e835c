/**
 * Joins the rooms that a visitor's request walks through into one handler. Made anew when settings change; what
 * lives longer (store, secret, cookie names) comes in as `parts`.
 */

import { askerOf, createAppCollector } from "./app-collector.ts";
import { claimHandlers } from "./claim-handlers.ts";
import { collect } from "./collect/collect.ts";
import type { Collector } from "./collect/collector.ts";
import { createSiteNamer, forNamedSites } from "./collect/named-site.ts";
import type { FrameOptions } from "./collect/websocket-frames.ts";
import { createWebsockets, type Websockets } from "./collect/websockets.ts";
import { type CollectLane, createCollectLane, type OnHit } from "./collect-lane.ts";
import { compileRoutes } from "./compile-routes.ts";
import type { Config } from "./config/schema.ts";
import { countedStore, filteredStore } from "./counted-store.ts";
import type { NamesInForce } from "./document/cookie-names.ts";
import { createDailySalt } from "./document/daily-salt.ts";
import type { Missed } from "./document/document.ts";
import { createVisitors } from "./document/visitor.ts";
import { createAgentReader } from "./enrich/agent.ts";
import { createEnricher } from "./enrich/enrich.ts";
import { createLocator } from "./enrich/geo.ts";
import { type BodyRoom, createBodyRoom, roomBytes } from "./http/body-room.ts";
import { compose, type Exchange, type Handler, type Upgrade } from "./http/exchange.ts";
import { requestOutbound } from "./http/outbound.ts";
import { readingInto } from "./http/read-body.ts";
import { readSiteTokens, type TokenReader } from "./identity/login-token.ts";
import { createClaimMarker } from "./identity/mark-claims.ts";
import { joinUpgrades } from "./join-upgrades.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import { parseCidrs } from "./lib/ip.ts";
import { type Counters, uncounted } from "./limit/counters.ts";
import { createLimiter } from "./limit/limit.ts";
import { createShareCodes } from "./links/share-code.ts";
import type { Upgrades } from "./listen/upgrades.ts";
import type { UpstreamFigures } from "./metrics/figures.ts";
import type { Tally } from "./metrics/tally.ts";
import type { EventStore } from "./model/event-store.ts";
import type { Site } from "./model/site.ts";
import type { Standings } from "./proxy/standings.ts";
import type { Tunnels } from "./proxy/tunnels.ts";
import { type ClaimKey, claimsOf } from "./public-paths.ts";
import { createRequestObserver } from "./request-observer.ts";
import { createSiteFinder } from "./route/find-site.ts";
import { type Claim, createRouter } from "./route/router.ts";
import { notFound } from "./route-answers.ts";
import { siteErrorPages } from "./route-middlewares.ts";
import type { ReadNow } from "./shown-variants.ts";
import { assignersOf } from "./site-assigners.ts";
import { createSiteLinks, readingCodes } from "./site-links.ts";
import { createSitePages } from "./site-pages.ts";
import { sitesOf } from "./sites-of.ts";

export interface AppParts {
  readonly store: EventStore;
  /** asks the store without waiting; where it is left out nobody has seen a variant before */
  readonly readNow?: ReadNow;
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
  /** how upstreams were found to be, which outlives them as well */
  readonly standings?: Standings;
  /** our own websockets, which outlive them as well; this app's where they are left out */
  readonly websockets?: Websockets;
  /** in which bodies are read; lives longer than the settings; this app's where it is left out */
  readonly bodies?: BodyRoom;
  /** counts requests; lives longer than the settings; nothing is counted where it is left out */
  readonly counters?: Counters;
  /** counts for the metrics; lives longer than the settings */
  readonly tally?: Tally;
  /** told of hits that are answered on the lane */
  readonly onHit?: OnHit;
  /** the number of this process, where others take hits at the same time */
  readonly takenBy?: number;
  /** reads whom login tokens name, by site; by the settings where it is left out */
  readonly logins?: ReadonlyMap<string, TokenReader>;
  /** told in one sentence what the owner should know */
  readonly warn?: (sentence: string) => void;
  /** told why a request got 502 or 504 */
  readonly onError: (error: unknown, x: Pick<Exchange, "req" | "host" | "path" | "id">) => void;
}

export interface App {
  readonly handler: Handler;
  /** the short way of plain hits */
  readonly lane: CollectLane;
  /** takes hits that come without an exchange */
  readonly collector: Collector;
  /** how frames of our own websockets are taken */
  readonly frames: FrameOptions;
  /** requests that become websockets, ours or an upstream's */
  readonly upgrades: Upgrades;
  readonly siteOf: (host: string) => Site | null;
  readonly isTrusted: (address: string) => boolean;
  /** how the upstreams of the routes are */
  upstreams(): readonly UpstreamFigures[];
  close(): Promise<void>;
}

export const createApp = (config: Config, parts: AppParts): App => {
  const sites = sitesOf(config);
  const isTrusted = parseCidrs(config.trustedProxies);
  const siteOf = createSiteFinder(sites);
  const assigners = assignersOf(sites, parts.readNow);
  const warn = parts.warn ?? (() => {});
  const locate = createLocator({ cityFile: config.geo.cityFile, cacheSize: 10_000, onTrouble: warn });
  const logins = parts.logins ?? readSiteTokens(sites, { fetchText: fetchKeySet, clock: systemClock, warn });
  const markClaims = createClaimMarker(logins);
  const shareCodes = createShareCodes(parts.secret);
  const enrich = readingCodes(createEnricher({ cacheSize: 10_000, locate }), shareCodes);
  const store = filteredStore(countedStore(parts.store, parts.tally), sites, enrich.keeps, parts.tally);
  const agents = createAgentReader(10_000);
  const { scriptPath, collectPath } = config.tracking;
  const salt = sites.some((site) => site.cookieless)
    ? createDailySalt(config.data.dir, parts.secret, systemClock)
    : undefined;
  const visitors = createVisitors({ secret: parts.secret, names: (site) => parts.names.of(site), salt });
  const resolve = (x: Upgrade) => visitors.resolve(x, false);
  const limiter = createLimiter(config.limits, {
    isTrusted,
    counters: parts.counters ?? uncounted,
    visitorOf: (x) => resolve(x).id,
    onRefused: (limit) => parts.tally?.refused(limit),
  });

  const pages = createSitePages({
    scriptPath,
    collectPath,
    visitors,
    names: parts.names,
    assigners,
    agents,
    enrich,
    store,
    missed: parts.missed,
    now: parts.clock,
  });
  const readBody = readingInto(parts.bodies ?? createBodyRoom(roomBytes(config.limits)));
  const links = createSiteLinks({
    readBody,
    secret: parts.secret,
    codes: shareCodes,
    dataDir: config.data.dir,
    clock: parts.clock,
    visitors,
    isBot: (userAgent) => agents(userAgent ?? "").bot !== null,
  });

  // On a site without cookies the same person would be another one tomorrow, and be shown another variant.
  const variantsOf = (site: Site, visitorId: string) =>
    site.cookieless ? null : assigners.at(site).all(visitorId);
  const hits = createAppCollector(config, {
    sites,
    secret: parts.secret,
    visitors,
    logins,
    store,
    enrich,
    markClaims,
    variantsOf,
    warn,
    takenBy: parts.takenBy,
  });
  const collector = forNamedSites(hits.collector, createSiteNamer(sites));
  const take = collect({
    collector,
    mayDebug: parts.mayDebug,
    readBody,
    maxBodyBytes: config.limits.bodyBytes,
  });

  const websocketPaths = [`${collectPath}ws`, `${collectPath}ws/`];
  const handlers = claimHandlers(config, {
    sites,
    scriptFile: parts.scriptFile,
    collector,
    take,
    readBody,
    visitors,
    links,
    assign: pages.assign,
    expose: pages.expose,
    locate,
    report: (name, parameters) => parts.store.report(name, parameters),
  });
  const claims: readonly (Claim & { readonly key: ClaimKey })[] = claimsOf(config).map((claim) => ({
    ...claim,
    handler: handlers[claim.key],
  }));

  const closers: (() => Promise<void>)[] = [];
  const observer = createRequestObserver({
    store,
    visitors,
    enrich,
    agents,
    assigners,
    pendingEvents: config.limits.pendingEvents,
    now: parts.clock,
    onDropped: () => void parts.missed.requestsDropped++,
    onError: parts.onError,
  });
  const { routes, names, proxied, upstreams } = compileRoutes(
    config,
    {
      answers: {
        isTrusted,
        visitorOf: (x) => resolve(x).id,
        onError: parts.onError,
        warn,
        demoUpstream: parts.demoUpstream,
        tunnels: parts.tunnels,
        standings: parts.standings,
        secret: parts.secret,
        clock: parts.clock,
        takesCookies: (x) => resolve(x).privacy.tracking === "full" && !x.site.cookieless,
      },
      limiter,
      observer,
      told: pages.told,
      pages: (answer) => links.takeOver(pages.documents(answer)),
    },
    closers,
  );
  const claimNames = new Map(claims.map(({ key, handler }) => [handler, `turnpike:${key}`]));

  const sitePages = siteErrorPages(config.sites, { clock: parts.clock, warn });
  const router = createRouter({ claims, routes, notFound });
  const nameOf = (handler: Handler): string => names.get(handler) ?? claimNames.get(handler) ?? "(none)";
  const named: Handler = (x) => {
    const handler = router.handlerOf(x);
    x.route = nameOf(handler);
    return handler(x);
  };
  const frames: FrameOptions = {
    collector,
    settings: config.tracking.websocket,
    collectPath,
    clock: parts.clock,
    onError: parts.onError,
    admit: (x) => limiter.admitExchange(x),
    siteOf(x) {
      const site = siteOf(x.host);
      const isTaken = site?.id === x.site.id && router.handlerOf({ ...x, site }) === take;
      return isTaken && websocketPaths.includes(x.path) ? site : null;
    },
  };
  const websockets = parts.websockets ?? createWebsockets(frames);
  if (!parts.websockets) closers.push(() => websockets.close());
  return {
    handler: compose([...(sitePages ? [sitePages] : []), limiter.layer], named),
    lane: createCollectLane({
      collector,
      handler: take,
      router,
      limiter,
      visitorOf: (request) => visitors.resolve(askerOf(request), false).id,
      siteOf,
      isTrusted,
      now: parts.clock,
      maxBodyBytes: config.limits.bodyBytes,
      ...(parts.onHit && {
        onAnswered: (hit, answer, began) => parts.onHit?.(hit, answer, nameOf(take), began),
      }),
    }),
    collector,
    frames,
    upgrades: joinUpgrades({
      router,
      siteOf,
      limiter,
      nameOf,
      own: { handler: take, paths: websocketPaths, websockets },
      proxied,
      onError: parts.onError,
    }),
    siteOf,
    isTrusted,
    upstreams,
    async close() {
      salt?.close();
      hits.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
};

/** The public keys of a site's login tokens, at the address that its settings name. */
const fetchKeySet = async (url: string, allow: readonly string[]): Promise<string> => {
  const { status, body } = await requestOutbound(url, { allow });
  if (status !== 200) throw new Error(`it answered ${status}`);
  return body.toString("utf8");
};
