/** What no schema of one field can see: references between parts, and things outside the file. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { parseCidrs } from "../lib/ip.ts";
import type { Mistake } from "./mistakes.ts";
import type { Config, ExperimentConfig, RouteConfig, SiteConfig } from "./schema.ts";

/** The parts of a configuration that could be read; null stands for a part with a mistake of its own. */
export interface Draft {
  readonly listen: Config["listen"] | null;
  readonly trustedProxies: readonly string[];
  readonly exempt: readonly string[];
  readonly routes: readonly (RouteConfig | null)[];
  readonly sites: readonly (SiteConfig | null)[];
  readonly experiments: readonly (ExperimentConfig | null)[];
}

/** Every mistake that the checks find; `folder` is where relative paths start. */
export const crossCheck = (draft: Draft, folder: string): readonly Mistake[] =>
  checks.flatMap((check) => [...check(draft, folder)]);

type Check = (draft: Draft, folder: string) => Iterable<Mistake>;

const ports: Check = function* ({ listen }) {
  if (!listen) return;
  for (const name of ["http", "admin"] as const) {
    const port = portOf(listen[name]);
    if (port > 65_535) yield { path: `listen.${name}`, message: `expected a port up to 65535, got ${port}` };
  }
  if (portOf(listen.http) !== 0 && portOf(listen.http) === portOf(listen.admin)) {
    yield { path: "listen.admin", message: `has the port of listen.http, ${portOf(listen.http)}` };
  }
};

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1));

const addresses: Check = function* ({ trustedProxies, exempt }) {
  const lists = [
    ["trustedProxies", trustedProxies],
    ["limits.exempt", exempt],
  ] as const;
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
  for (const [i, route] of all.entries()) {
    if (!route) continue;
    yield* folderExists(`routes[${i}].static.dir`, route.static?.dir, folder);
    for (const [n, upstream] of (route.proxy?.upstreams ?? []).entries()) {
      if (upstream === "demo" || URL.canParse(upstream)) continue;
      const message = `expected "http://HOST:PORT" or "demo", got ${JSON.stringify(upstream)}`;
      yield { path: `routes[${i}].proxy.upstreams[${n}]`, message };
    }
    const first = all.findIndex((other) => other?.path === route.path && sameHosts(other, route));
    if (first < i) {
      yield {
        path: `routes[${i}]`,
        message: `is never reached: routes[${first}] has the same hosts and path`,
      };
    }
  }
};

const sameHosts = (a: RouteConfig, b: RouteConfig): boolean =>
  [...a.hosts].sort().join() === [...b.hosts].sort().join();

const folderExists = function* (path: string, dir: string | undefined, from: string): Iterable<Mistake> {
  if (dir === undefined) return;
  const full = resolve(from, dir);
  const found = statSync(full, { throwIfNoEntry: false });
  if (!found) yield { path, message: `there is no folder ${full}` };
  else if (!found.isDirectory()) yield { path, message: `${full} is not a folder` };
};

const sites: Check = function* ({ sites: all }) {
  yield* unique("sites", "id", all);
  for (const [i, site] of all.entries()) {
    if (!site || isTimezone(site.timezone)) continue;
    const message = `expected an IANA time zone such as Europe/Berlin, got ${JSON.stringify(site.timezone)}`;
    yield { path: `sites[${i}].timezone`, message };
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

const unique = function* <K extends string>(
  path: string,
  key: K,
  list: readonly (Readonly<Record<K, string>> | null)[],
): Iterable<Mistake> {
  for (const [i, part] of list.entries()) {
    if (!part) continue;
    const first = list.findIndex((other) => other?.[key] === part[key]);
    if (first === i) continue;
    yield {
      path: `${path}[${i}].${key}`,
      message: `${JSON.stringify(part[key])} is taken by ${path}[${first}]`,
    };
  }
};

const checks = [ports, addresses, routes, sites, experiments] as const;
