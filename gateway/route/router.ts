/**
 * The room of the paths: host and path to a handler. Turnpike's own public paths (claims) and the site's routes
 * are matched here and nowhere else.
 */
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { bytesOfWrittenPath } from "../lib/url-path.ts";
import { createHostTable } from "./host-table.ts";
import { readPath } from "./path-readings.ts";

/** A public path that Turnpike answers itself. */
export interface Claim {
  /** exact, or a prefix that ends with `/` */
  readonly path: string;
  /** ids of the sites that have it, null for all */
  readonly sites: readonly string[] | null;
  /** who answers, e.g. `native` */
  readonly owner: string;
  readonly handler: Handler;
}

/** A route of the site, ready to answer. */
export interface CompiledRoute {
  /** exact names, `*.example.com`, or `*` */
  readonly hosts: readonly string[];
  /** prefix; with or without a final `/` it matches itself and what lies below it, and never half a segment */
  readonly path: string;
  /** who answers, e.g. `proxy http://127.0.0.1:3000` */
  readonly owner: string;
  readonly handler: Handler;
}

export interface RouterOptions {
  readonly claims: readonly Claim[];
  readonly routes: readonly CompiledRoute[];
  readonly notFound: Handler;
}

/** What of a request decides who answers it. */
export type Asked = Pick<Exchange, "host" | "site" | "path">;

export interface Router {
  readonly handle: Handler;
  /** Who would answer; throws 400 where the path can be read in two ways. */
  handlerOf(x: Asked): Handler;
}

interface Target {
  /** as a decoded path is compared with it: without the final `/` of a prefix */
  readonly stem: string;
  readonly exactOnly: boolean;
  readonly handler: Handler;
}

/**
 * Routes of the exact host come before those of a wildcard and those before `*`; within
 * one of these the longest prefix wins, then the order given. A claim beats a route with a shorter prefix; a
 * route as long or longer wins, because the site's own paths come first.
 */
export const createRouter = ({ claims, routes, notFound }: RouterOptions): Router => {
  const entries = routes.map((route) => ({ hosts: route.hosts, value: toTarget(route, false) }));
  const routesOf = createHostTable<Target>(entries, longestFirst);
  const claimsOf = tableBySite(claims);

  const find = (x: Asked, path: string): Handler => {
    const route = firstMatch(routesOf(x.host), path);
    const claim = firstMatch(claimsOf(x.site.id), path);
    if (claim && (!route || claim.stem.length > route.stem.length)) return claim.handler;
    return route?.handler ?? notFound;
  };
  const handlerOf = (x: Asked): Handler => {
    const { strict, lenient } = readPath(x.path);
    const handler = find(x, strict);
    if (strict !== lenient && find(x, lenient) !== handler) {
      throw new HttpError(400, "the path can be read in two ways");
    }
    return handler;
  };
  return { handle: (x) => handlerOf(x)(x), handlerOf };
};

const toTarget = ({ path, handler }: { path: string; handler: Handler }, exactOnly: boolean): Target => {
  const bytes = bytesOfWrittenPath(path);
  if (bytes === null) throw new HttpError(400, "the path has a broken percent-encoding");
  return { stem: bytes.endsWith("/") ? bytes.slice(0, -1) : bytes, exactOnly, handler };
};

const longestFirst = (a: Target, b: Target): number => b.stem.length - a.stem.length;

const tableBySite = (claims: readonly Claim[]): ((site: string) => readonly Target[]) => {
  const known = new Map<string, readonly Target[]>();
  return (site) => {
    let targets = known.get(site);
    if (!targets) {
      targets = claims
        .filter((claim) => claim.sites === null || claim.sites.includes(site))
        .map((claim) => toTarget(claim, !claim.path.endsWith("/")))
        .sort(longestFirst);
      known.set(site, targets);
    }
    return targets;
  };
};

const firstMatch = (targets: readonly Target[], path: string): Target | undefined => {
  for (const target of targets) if (matches(target, path)) return target;
  return undefined;
};

const matches = ({ stem, exactOnly }: Target, path: string): boolean => {
  if (!path.startsWith(stem)) return false;
  if (path.length === stem.length) return true;
  return !exactOnly && path.charCodeAt(stem.length) === 0x2f;
};
