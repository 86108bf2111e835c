/** What answers a route of the site: its proxy or its files. */
import { adminCookie } from "./api/auth.ts";
import type { Config } from "./config/schema.ts";
import type { Handler } from "./http/exchange.ts";
import { HttpError } from "./http/http-error.ts";
import { respondWith } from "./middleware/respond.ts";
import { createProxy, type ProxyOptions, type TakeUpgrade, type UpstreamStatus } from "./proxy/proxy.ts";
import { addressOf } from "./proxy/settings.ts";
import { createStandings, type Standings } from "./proxy/standings.ts";
import { createTunnels, type Tunnels } from "./proxy/tunnels.ts";
import { staticSettings } from "./static/settings.ts";
import { createStatic } from "./static/static.ts";

export interface RouteParts
  extends Pick<ProxyOptions, "isTrusted" | "visitorOf" | "onError" | "warn" | "secret" | "takesCookies"> {
  /** where the demo's back end listens; null when no route asks for it */
  readonly demoUpstream: string | null;
  readonly tunnels: Tunnels | undefined;
  readonly standings: Standings | undefined;
}

/** Throws one sentence where the settings cannot be followed; what must be closed is added to `closers`. */
export const answerOf = (
  route: Config["routes"][number],
  { demoUpstream, tunnels, standings, ...knows }: RouteParts,
  closers: (() => Promise<void>)[],
): Answer => {
  if (route.static) return { handle: createStatic(route.static, { base: route.path }) };
  if (route.respond) return { handle: respondWith(route.respond) };
  if (!route.proxy) return { handle: notFound };
  const upstreams = route.proxy.upstreams.map((one) => {
    if (addressOf(one) !== "demo") return one;
    if (demoUpstream !== null) return demoUpstream;
    throw new Error("the back end of the demo is started with the gateway: stop it and start it again");
  });
  const proxy = createProxy(
    { ...route.proxy, upstreams },
    {
      ...knows,
      base: route.path,
      stripCookies: [adminCookie],
      tunnels: tunnels ?? createTunnels(),
      standings: standings ?? createStandings(),
      route: `${route.hosts.join(",")}${route.path}`,
    },
  );
  closers.push(() => proxy.close());
  return { handle: proxy.handle, upgrade: proxy.upgrade, upstreams: proxy.status };
};

/** How a route answers. */
export interface Answer {
  readonly handle: Handler;
  readonly upgrade?: TakeUpgrade;
  /** how its upstreams are */
  readonly upstreams?: () => readonly UpstreamStatus[];
}

/** Files below any of the paths, whose rest is the file's; nothing where no folder is named. */
export const publicFiles = (dir: string | null, paths: readonly string[]): Handler => {
  if (dir === null) return notFound;
  const files = createStatic(staticSettings.parse({ dir }));
  return (x) => {
    const base = paths.find((path) => x.path.startsWith(path)) ?? "/";
    return files({ ...x, path: x.path.slice(base.length - 1) });
  };
};

export const notFound: Handler = (x) => {
  throw new HttpError(404, `nothing is served at ${x.path.slice(0, 200)}`);
};
