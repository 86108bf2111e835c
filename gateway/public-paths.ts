/** Who answers what: the one table that the router, `turnpike check` and `turnpike routes` all read. */
import type { Config, RouteConfig } from "./config/schema.ts";
import { ga4PathsOf } from "./decode/ga4/ga4.ts";
import { kindPath, scriptKinds, versionsPath } from "./document/scripts.ts";
import { shortPath } from "./lib/short-path.ts";
import type { Site } from "./model/site.ts";
import { addressOf } from "./proxy/settings.ts";

/** The public paths that Turnpike answers itself; the site's routes come first where they are as long. */
export const claimsOf = ({ tracking, sites }: Config) => {
  const { scriptPath, collectPath, legacyPaths, publicDir } = tracking;
  const native = sites.filter((site) => site.protocols.includes("native")).map((site) => site.id);
  return [
    { key: "script", path: scriptPath, sites: null, owner: "the script" },
    ...scriptKinds.map((kind) => ({
      key: "script" as const,
      path: kindPath(scriptPath, kind),
      sites: null,
      owner: `the script, ${kind}`,
    })),
    { key: "script", path: versionsPath(scriptPath), sites: null, owner: "versions of the scripts" },
    { key: "events", path: collectPath, sites: native, owner: "events, native" },
    { key: "variants", path: `${collectPath}x`, sites: native, owner: "variants in force" },
    {
      key: "notice",
      path: `${collectPath}privacy`,
      sites: native,
      owner: "the cookies, and what they are for",
    },
    { key: "share", path: `${collectPath}share`, sites: native, owner: "links that visitors pass on" },
    {
      key: "handover",
      path: `${collectPath}handover`,
      sites: native,
      owner: "visitors who go to linkDomains",
    },
    { key: "wishes", path: `${collectPath}me`, sites: native, owner: "the visitor's wishes" },
    { key: "payments", path: `${collectPath}ltv/`, sites: native, owner: "payments, native" },
    { key: "privacy", path: `${collectPath}ppi/`, sites: native, owner: "agreements and privacy rules" },
    ...(publicDir === null
      ? []
      : [{ key: "public" as const, path: `${collectPath}pub/`, sites: native, owner: "files" }]),
    ...legacyPaths
      .filter((path) => path !== "/pub/v1/" || publicDir !== null)
      .map((path) => ({ key: legacyKeys[path], path, sites: native, owner: "native, older layout" })),
    ...duplicatorPaths(sites).map(([path, , site]) => ({
      key: "script" as const,
      path,
      sites: [site],
      owner: "the script, copies GA4 hits",
    })),
    ...sites.flatMap((site) =>
      ga4PathsOf(site).map((path) => ({
        key: "events" as const,
        path: `${site.ga4Prefix}${path}`,
        sites: [site.id],
        owner: path.endsWith("/mp/collect") ? "events, GA4 of servers" : "events, GA4",
      })),
    ),
  ] as const;
};

/** Where d8a's pages look for the script that copies the hits of GA4's tag, on the sites that ask for it there. */
export const duplicatorPaths = (
  sites: readonly Pick<Site, "id" | "protocols" | "ga4Prefix" | "ga4Duplicator">[],
) =>
  sites
    .filter(({ protocols, ga4Duplicator }) => ga4Duplicator && protocols.includes("ga4"))
    .map(({ id, ga4Prefix }) => [`${ga4Prefix ?? ""}/g/gd.min.js`, "gtag", id] as const);

/** The names under which pages of the original look for its script, as far as the settings list them. */
export const legacyScripts = ({ legacyPaths }: Config["tracking"]) =>
  legacyPaths.filter((path) => legacyKeys[path] === "script").map((path) => [path, "legacy"] as const);

/** What is asked for at the older layout's paths. */
const legacyKeys = {
  "/str/v1/": "events",
  "/img/v1/": "events",
  "/ppi/v1/": "privacy",
  "/tlv/v1/": "payments",
  "/pub/v1/": "public",
  "/ping": "ping",
  "/status": "status",
  "/clear": "clear",
  "/track.js": "script",
  "/old/track.js": "script",
  "/pub/v1/track.js": "script",
  "/pub/v1/old/track.js": "script",
  "/tr/v1/pub/track.js": "script",
  "/tr/v1/pub/old/track.js": "script",
} as const;

export type ClaimKey = ReturnType<typeof claimsOf>[number]["key"];

/** The site's own routes. */
export const routesOf = ({ routes }: Config) =>
  routes.map((route) => ({ hosts: route.hosts, path: route.path, owner: ownerOf(route) }));

const answerOf = (route: RouteConfig): string => {
  if (route.proxy) return `proxy to ${route.proxy.upstreams.map(addressOf).join(", ")}`;
  if (route.static) return `files in ${shortPath(route.static.dir)}`;
  return route.respond ? `an answer of its own, ${route.respond.status}` : "redirects";
};

const ownerOf = (route: RouteConfig): string => {
  const answer = answerOf(route);
  return route.inject ? `${answer}; script and variants put in` : answer;
};
