import type { Config, RouteConfig } from "../config/schema.ts";
import { shortPath } from "./settings-options.ts";

/** The public paths Turnpike answers itself, without who answers them: for what only describes them. */
export const claimsOf = ({ tracking, sites }: Config) => [
  { path: tracking.scriptPath, sites: null, owner: "the script" },
  {
    path: tracking.collectPath,
    sites: sites.filter((site) => site.protocols.includes("native")).map((site) => site.id),
    owner: "events, native",
  },
];

/** The site's own routes, likewise. */
export const routesOf = ({ routes }: Config) =>
  routes.map((route) => ({ hosts: route.hosts, path: route.path, owner: ownerOf(route) }));

const ownerOf = (route: RouteConfig): string => {
  const answer = route.proxy
    ? `proxy to ${route.proxy.upstreams.join(", ")}`
    : `files in ${shortPath(route.static?.dir ?? "")}`;
  return route.inject ? `${answer}; script and variants put in` : answer;
};
