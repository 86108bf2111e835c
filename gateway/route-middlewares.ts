/** What a route, or a site, puts in front of its answers: the room of the middlewares joined with those it needs. */
import { adminCookie } from "./api/auth.ts";
import type { Config, RouteConfig } from "./config/schema.ts";
import { type ErrorPages, showErrorPages } from "./http/error-pages.ts";
import type { Exchange, Layer } from "./http/exchange.ts";
import type { Clock } from "./lib/clock.ts";
import { errorPagesOf } from "./middleware/error-pages.ts";
import { createMiddlewares, type Middlewares } from "./middleware/middlewares.ts";
import { createAsker } from "./proxy/ask.ts";
import type { ProxyOptions } from "./proxy/proxy.ts";
import { acceptedCodings } from "./static/accept-encoding.ts";

export interface FrontParts extends Pick<ProxyOptions, "isTrusted" | "onError" | "warn"> {
  readonly clock: Clock;
}

/** The middlewares of a route; what must be closed is added to `closers`. */
export const middlewaresOf = (
  route: RouteConfig,
  { isTrusted, onError, warn, clock }: FrontParts,
  closers: (() => Promise<void>)[],
): Middlewares => {
  const rules = { isTrusted, stripCookies: [adminCookie] };
  // Files have pages of their own, and no upstream whose answers could be meant.
  const interceptErrors = route.interceptErrors && route.proxy !== undefined;
  const middlewares = createMiddlewares(
    { ...route, interceptErrors },
    {
      makeAsker: (settings) => createAsker(settings, rules),
      acceptedCodings,
      random: Math.random,
      clock,
      warn,
      onError,
    },
  );
  closers.push(() => middlewares.close());
  return middlewares;
};

/** Shows the pages of each site in the place of refusals; null where no site has any. */
export const siteErrorPages = (
  sites: Config["sites"],
  parts: Pick<FrontParts, "clock" | "warn">,
): Layer | null => {
  const pages = new Map<string, ErrorPages>();
  for (const { id, errorPages } of sites) if (errorPages) pages.set(id, errorPagesOf(errorPages, parts));
  if (pages.size === 0) return null;
  return (next) => (x: Exchange) => {
    const own = pages.get(x.site.id);
    if (own) showErrorPages(x.res, own);
    return next(x);
  };
};
