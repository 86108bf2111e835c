/** The site's routes as the router takes them: each answer with what stands before it, in one order. */
import type { Config } from "./config/schema.ts";
import type { Handler, Layer } from "./http/exchange.ts";
import { limitUpgrades } from "./join-upgrades.ts";
import type { Limiter } from "./limit/limit.ts";
import type { UpstreamFigures } from "./metrics/figures.ts";
import type { Observer } from "./observe/observe.ts";
import type { TakeUpgrade } from "./proxy/proxy.ts";
import { routesOf } from "./public-paths.ts";
import type { CompiledRoute } from "./route/router.ts";
import { answerOf, type RouteParts } from "./route-answers.ts";
import { type FrontParts, middlewaresOf } from "./route-middlewares.ts";

export interface CompileParts {
  /** what answers and the middlewares before them need to know */
  readonly answers: RouteParts & FrontParts;
  readonly limiter: Limiter;
  readonly observer: Observer;
  /** around what an upstream answers: tells it the visitor's variants */
  readonly told: (answer: Handler) => Handler;
  /** around the answers of routes that serve a site's pages */
  readonly pages: Layer;
}

export interface CompiledRoutes {
  readonly routes: readonly CompiledRoute[];
  /** each route's name in logs and metrics, by its handler */
  readonly names: ReadonlyMap<Handler, string>;
  /** who takes websockets, by the handler of the same route */
  readonly proxied: ReadonlyMap<Handler, TakeUpgrade>;
  /** how the upstreams are, by route */
  upstreams(): readonly UpstreamFigures[];
}

/**
 * Throws one sentence where the settings cannot be followed, and leaves nothing running; what must be closed is added to
 * `closers`.
 */
export const compileRoutes = (
  config: Config,
  parts: CompileParts,
  closers: (() => Promise<void>)[],
): CompiledRoutes => {
  try {
    return compileAll(config, parts, closers);
  } catch (error) {
    for (const close of closers.splice(0)) void close();
    throw error;
  }
};

const compileAll = (
  config: Config,
  parts: CompileParts,
  closers: (() => Promise<void>)[],
): CompiledRoutes => {
  const names = new Map<Handler, string>();
  const proxied = new Map<Handler, TakeUpgrade>();
  const upstreams: (() => readonly UpstreamFigures[])[] = [];
  const described = routesOf(config);
  const routes = config.routes.flatMap((route, index): CompiledRoute[] => {
    const { handler, upgrade, figures } = compileRoute(route, parts, closers);
    names.set(handler, nameOf(route));
    if (upgrade) proxied.set(handler, upgrade);
    if (figures) upstreams.push(figures);
    const description = described[index];
    return description ? [{ ...description, handler }] : [];
  });
  return { routes, names, proxied, upstreams: () => upstreams.flatMap((each) => each()) };
};

interface One {
  readonly handler: Handler;
  readonly upgrade?: TakeUpgrade;
  readonly figures?: () => readonly UpstreamFigures[];
}

const compileRoute = (route: Route, parts: CompileParts, closers: (() => Promise<void>)[]): One => {
  const name = nameOf(route);
  const own = answerOf(route, parts.answers, closers);
  const answer = route.proxy ? parts.told(own.handle) : own.handle;
  const front = middlewaresOf(route, parts.answers, closers);
  const served = front.wrap(route.inject ? parts.pages(answer) : answer);
  // Outermost, so that it sees what any of the others refuses.
  const observed = route.track && parts.observer.route(route.track, route.path);
  const limited = route.limit && parts.limiter.ofRoute(route.limit, name);
  const within = front.frame(limited ? limited.layer(served) : served);
  const taken = own.upgrade && front.wrapUpgrade(own.upgrade);
  const upgrade = taken && limited ? limitUpgrades(limited, taken) : taken;
  const { upstreams } = own;
  return {
    handler: observed ? observed.handle(within) : within,
    ...(upgrade && { upgrade: observed ? observed.upgrade(upgrade) : upgrade }),
    ...(upstreams && { figures: () => upstreams().map((one) => ({ route: name, ...one })) }),
  };
};

type Route = Config["routes"][number];

const nameOf = ({ hosts, path }: Route): string => `${hosts.join(",")}${path}`;
