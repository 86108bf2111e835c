/** What no schema of one field can see: references between parts, and things outside the file. */
import { resolve } from "node:path";
import { rangeOrFile, rangesMistake, ratesMistake } from "../enrich/settings.ts";
import { parseCidrs } from "../lib/ip.ts";
import { addressOf } from "../proxy/settings.ts";
import { isPluginFile, isShipped, shippedTypes } from "../sink/settings.ts";
import { checkListeners } from "./listen-checks.ts";
import type { Mistake } from "./mistakes.ts";
import { whyNoFile, whyNoFolder } from "./named-paths.ts";
import { checkAuthorities, checkFiles } from "./route-files.ts";
import type { Config, ExperimentConfig, RouteConfig, SiteConfig } from "./schema.ts";
import { checkTls } from "./tls-checks.ts";
import { checkWritten } from "./written-files.ts";

/** The parts of a configuration that could be read; null stands for a part with a mistake of its own. */
export interface Draft {
  readonly listen: Config["listen"] | null;
  readonly tls: Config["tls"] | null;
  readonly trustedProxies: readonly string[];
  readonly exempt: readonly string[];
  readonly allow: readonly string[];
  readonly ban: readonly string[];
  readonly routes: readonly (RouteConfig | null)[];
  readonly sites: readonly (SiteConfig | null)[];
  readonly experiments: readonly (ExperimentConfig | null)[];
  readonly geo: Config["geo"] | null;
  readonly tracking: Config["tracking"] | null;
  readonly sinks: readonly (Config["sinks"][number] | null)[];
  readonly plugins: Config["plugins"] | null;
  readonly data: Config["data"] | null;
  readonly accessLog: Config["accessLog"];
  readonly recordHits: Config["recordHits"];
}

/** Every mistake that the checks find; `folder` is where relative paths start. */
export const crossCheck = (draft: Draft, folder: string): readonly Mistake[] =>
  checks.flatMap((check) => [...check(draft, folder)]);

type Check = (draft: Draft, folder: string) => Iterable<Mistake>;

const listeners: Check = (draft) => checkListeners(draft);

const written: Check = (draft, folder) => checkWritten(draft, folder);

const tlsParts: Check = function* ({ tls, sites: all, routes: paths }, folder) {
  if (!tls) return;
  // A part with a mistake may be the one that names the host: then that mistake is told alone.
  const parts = [...all, ...paths];
  const hosts = parts.flatMap((part) => part?.hosts ?? ["unknown.example"]);
  yield* checkTls(tls, hosts, folder);
};

const addresses: Check = function* ({ trustedProxies, exempt, allow, ban, tls, sites: all }) {
  const lists: readonly (readonly [path: string, list: readonly string[]])[] = [
    ["trustedProxies", trustedProxies],
    ["limits.exempt", exempt],
    ["limits.allow", allow],
    ["limits.ban", ban],
    ["tls.onDemand.allow", tls?.onDemand?.allow ?? []],
    ...all.map((site, i) => [`sites[${i}].trustServerEvents`, site?.trustServerEvents ?? []] as const),
  ];
  for (const [path, list] of lists) {
    for (const [i, text] of list.entries()) {
      if (isAddressRange(text)) continue;
      yield {
        path: `${path}[${i}]`,
        message: `expected an address or a range such as 10.0.0.0/8, got ${JSON.stringify(text)}`,
      };
    }
  }
};

const isAddressRange = (text: string): boolean => {
  try {
    parseCidrs([text]);
    return true;
  } catch {
    return false; // it throws for what it cannot read
  }
};

const routes: Check = function* ({ routes: all }, folder) {
  const firstOf = new Map<string, number>();
  for (const [i, route] of all.entries()) {
    if (!route) continue;
    yield* folderExists(`routes[${i}].static.dir`, route.static?.dir, folder);
    yield* fallbackExists(`routes[${i}].static.fallback`, route.static, folder);
    for (const [n, upstream] of (route.proxy?.upstreams ?? []).entries()) {
      const url = addressOf(upstream);
      if (url === "demo" || URL.canParse(url)) continue;
      const message = `expected "http://HOST:PORT", "https://HOST:PORT", "unix:/PATH" or "demo", got ${JSON.stringify(url)}`;
      yield { path: `routes[${i}].proxy.upstreams[${n}]`, message };
    }
    const place = `${route.path} ${[...route.hosts].sort().join()}`;
    const first = firstOf.get(place);
    if (first === undefined) firstOf.set(place, i);
    else {
      yield {
        path: `routes[${i}]`,
        message: `is never reached: routes[${first}] has the same hosts and path`,
      };
    }
  }
};

const fallbackExists = function* (
  path: string,
  files: RouteConfig["static"],
  from: string,
): Iterable<Mistake> {
  if (!files?.fallback || whyNoFolder(resolve(from, files.dir)) !== null) return;
  const message = whyNoFile(resolve(from, files.dir, files.fallback));
  if (message !== null) yield { path, message };
};

const folderExists = function* (path: string, dir: string | undefined, from: string): Iterable<Mistake> {
  if (dir === undefined) return;
  const message = whyNoFolder(resolve(from, dir));
  if (message !== null) yield { path, message };
};

const namedFiles: Check = function* ({ routes: all, sites: known }, folder) {
  for (const [i, route] of all.entries()) if (route) yield* checkFiles(`routes[${i}]`, route, folder);
  for (const [i, site] of known.entries()) if (site) yield* checkFiles(`sites[${i}]`, site, folder);
  yield* checkAuthorities(all);
};

const publicFiles: Check = function* ({ tracking }, folder) {
  yield* folderExists("tracking.publicDir", tracking?.publicDir ?? undefined, folder);
};

const sites: Check = function* ({ sites: all }) {
  yield* unique("sites", "id", all);
  for (const [i, site] of all.entries()) {
    if (site) yield* cookieNames(`sites[${i}].cookies`, site.cookies);
    if (!site || site.timezone === "UTC" || isTimezone(site.timezone)) continue; // the first use of Intl takes 10 ms
    const message = `expected an IANA time zone such as Europe/Berlin, got ${JSON.stringify(site.timezone)}`;
    yield { path: `sites[${i}].timezone`, message };
  }
};

/** One cookie would hold now the visitor and now the session. */
const cookieNames = function* (path: string, cookies: SiteConfig["cookies"]): Iterable<Mistake> {
  const firstOf = new Map<string, string>();
  for (const [use, name] of Object.entries(cookies)) {
    const first = firstOf.get(name);
    if (first === undefined) firstOf.set(name, use);
    else yield { path: `${path}.${use}`, message: `${JSON.stringify(name)} is the name of ${path}.${first}` };
  }
};

const enrichment: Check = function* ({ sites: all, geo }, folder) {
  for (const [i, site] of all.entries()) {
    if (!site) continue;
    if (site.ipMasking === 4 && site.sessions.joinByStamp) {
      const message = "4 keeps nothing of an address that sessions.joinByStamp could tell visitors apart by";
      yield { path: `sites[${i}].ipMasking`, message };
    }
    const rates = typeof site.currencyRates === "string" ? resolve(folder, site.currencyRates) : null;
    const message = rates === null ? null : ratesMistake(rates);
    if (message !== null) yield { path: `sites[${i}].currencyRates`, message };
    const ranges = rangesMistake(site.datacenterRanges.map((entry) => rangeOrFile(entry, folder)));
    if (ranges !== null) yield { path: `sites[${i}].datacenterRanges`, message: ranges };
  }
  const message = geo?.cityFile ? whyNoFile(resolve(folder, geo.cityFile)) : null;
  if (message !== null) yield { path: "geo.cityFile", message };
};

/** Without a stream none of their hits is taken, and their senders are not told why. */
const streams: Check = function* ({ sites: all }) {
  for (const [i, site] of all.entries()) {
    const [id] = site?.protocols.filter((name) => name === "ga4" || name === "d8a") ?? [];
    if (!site || id === undefined || site.measurementIds.length > 0) continue;
    const message = `is empty, and ${id} takes only hits of ids that are named here: "*" stands for any`;
    yield { path: `sites[${i}].measurementIds`, message };
  }
};

const isTimezone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // a RangeError says that the name is unknown
  }
};

const experiments: Check = function* ({ experiments: all, sites: known }) {
  yield* unique("experiments", "key", all);
  const ids = known.map((site) => site?.id);
  for (const [i, experiment] of all.entries()) {
    if (!experiment) continue;
    const path = `experiments[${i}]`;
    // A site with a mistake may be the one that is meant: then that mistake is told alone.
    if (!ids.includes(experiment.site) && !known.includes(null)) {
      const message = `there is no site ${JSON.stringify(experiment.site)}: expected one of ${ids.join(", ")}`;
      yield { path: `${path}.site`, message };
    }
    yield* unique(`${path}.variants`, "key", experiment.variants);
    yield* unique(`${path}.goals`, "key", experiment.goals);
    if (experiment.variants.every((variant) => variant.weight === 0)) {
      yield { path: `${path}.variants`, message: "all weights are 0: at least one must be more" };
    }
  }
};

const sinks: Check = function* ({ sinks: all, plugins, sites: known }, folder) {
  yield* unique("sinks", "id", all);
  const files = all.map((sink) => (sink?.path === undefined ? null : { path: resolve(folder, sink.path) }));
  yield* unique("sinks", "path", files);
  const ids = known.map((site) => site?.id);
  for (const [i, sink] of all.entries()) {
    if (!sink) continue;
    if (plugins?.length === 0 && !isShipped(sink.type)) {
      const types = Object.keys(shippedTypes).join(", ");
      const message = `expected one of ${types}, or a type of a module that \`plugins\` names, got ${JSON.stringify(sink.type)}`;
      yield { path: `sinks[${i}].type`, message };
    }
    const stranger = sink.sites.findIndex((id) => !ids.includes(id) && !known.includes(null));
    if (stranger === -1) continue;
    const message = `there is no site ${JSON.stringify(sink.sites[stranger])}: expected some of ${ids.join(", ")}`;
    yield { path: `sinks[${i}].sites[${stranger}]`, message };
  }
  for (const [i, plugin] of (plugins ?? []).entries()) {
    if (!isPluginFile(plugin) || plugin.startsWith("file:")) continue;
    const message = whyNoFile(resolve(folder, plugin));
    if (message !== null) yield { path: `plugins[${i}]`, message };
  }
};

const unique = function* <K extends string>(
  path: string,
  key: K,
  list: readonly (Readonly<Record<K, string>> | null)[],
): Iterable<Mistake> {
  const firstOf = new Map<string, number>(); // thousands of sites are allowed
  for (const [i, part] of list.entries()) {
    if (!part) continue;
    const first = firstOf.get(part[key]);
    if (first === undefined) {
      firstOf.set(part[key], i);
      continue;
    }
    yield {
      path: `${path}[${i}].${key}`,
      message: `${JSON.stringify(part[key])} is taken by ${path}[${first}]`,
    };
  }
};

const checks = [
  listeners,
  tlsParts,
  addresses,
  routes,
  namedFiles,
  publicFiles,
  sites,
  streams,
  enrichment,
  experiments,
  sinks,
  written,
] as const;
