import type { Site } from "../model/site.ts";
import { hostsMeet } from "./host-table.ts";
import type { Claim, CompiledRoute } from "./router.ts";

type ClaimLike = Omit<Claim, "handler">;
type RouteLike = Omit<CompiledRoute, "handler">;
type SiteLike = Pick<Site, "id" | "hosts">;

/**
 * One sentence for every route of the site that takes away a path Turnpike answers itself: the route lies at or
 * inside the claim, and a host of the route can be one of a site that has the claim. The catch-all `/` is no
 * overlap, nor is a route around a claim: there the claim answers its own path and the route the rest.
 */
export const findOverlaps = (
  claims: readonly ClaimLike[],
  routes: readonly RouteLike[],
  sites: readonly SiteLike[],
): string[] =>
  routes.flatMap((route) =>
    claims
      .filter((claim) => liesIn(route.path, claim.path) && meet(route.hosts, hostsOf(claim, sites)))
      .map(
        (claim) =>
          `route ${route.path} (${route.owner}) takes ${
            route.path === claim.path ? "the path" : `a path inside ${claim.path}`
          } that Turnpike answers itself (${claim.owner}): move one of them`,
      ),
  );

const liesIn = (route: string, claim: string): boolean => {
  if (!claim.endsWith("/")) return route === claim || route === `${claim}/`;
  return route.startsWith(claim) || `${route}/` === claim;
};

const hostsOf = (claim: ClaimLike, sites: readonly SiteLike[]): readonly string[] =>
  sites.filter((site) => claim.sites === null || claim.sites.includes(site.id)).flatMap((site) => site.hosts);

const meet = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((one) => others.some((other) => hostsMeet(one, other)));

/** One line of `turnpike routes`. */
export interface RouteRow {
  readonly hosts: string;
  readonly path: string;
  readonly answeredBy: string;
}

/** Who answers what: our own paths first, then the site's routes in the order of the settings. */
export const describeRoutes = (
  claims: readonly ClaimLike[],
  routes: readonly RouteLike[],
  sites: readonly SiteLike[],
): RouteRow[] => [
  ...claims.map((claim) => ({
    hosts: hostsOf(claim, sites).join(", "),
    path: claim.path,
    answeredBy: `turnpike (${claim.owner})`,
  })),
  ...routes.map((route) => ({
    hosts: route.hosts.join(", "),
    path: route.path,
    answeredBy: route.owner,
  })),
];
