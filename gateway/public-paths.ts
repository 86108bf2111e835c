/** Who answers what: the one table that the router, `turnpike check` and `turnpike routes` all read. */
import type { Config, RouteConfig } from "./config/schema.ts";
import { shortPath } from "./lib/short-path.ts";

/** The public paths that Turnpike answers itself; the site's routes come first where they are as long. */
export const claimsOf = ({ tracking, sites }: Config) => {
  const { scriptPath, collectPath } = tracking;
  const native = sites.filter((site) => site.protocols.includes("native")).map((site) => site.id);
  return [
    { key: "script", path: scriptPath, sites: null, owner: "the script" },
    { key: "events", path: collectPath, sites: native, owner: "events, native" },
    { key: "variants", path: `${collectPath}x`, sites: native, owner: "variants in force" },
    { key: "wishes", path: `${collectPath}me`, sites: native, owner: "the visitor's wishes" },
  ] as const;
};

export type ClaimKey = ReturnType<typeof claimsOf>[number]["key"];

/** The site's own routes. */
export const routesOf = ({ routes }: Config) =>
  routes.map((route) => ({ hosts: route.hosts, path: route.path, owner: ownerOf(route) }));

const ownerOf = (route: RouteConfig): string => {
  const answer = route.proxy
    ? `proxy to ${route.proxy.upstreams.join(", ")}`
    : `files in ${shortPath(route.static?.dir ?? "")}`;
  return route.inject ? `${answer}; script and variants put in` : answer;
};
