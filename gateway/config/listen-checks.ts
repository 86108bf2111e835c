/** What addresses of the settings do to one another: the listeners, and upstreams that lead back to them. */
import { isIP } from "node:net";
import { addressOf } from "../proxy/settings.ts";
import type { Mistake } from "./mistakes.ts";
import type { Config, RouteConfig } from "./schema.ts";

interface Listening {
  readonly listen: Config["listen"] | null;
  readonly tls: Config["tls"] | null;
  readonly routes: readonly (RouteConfig | null)[];
}

/** Ports that are taken twice, a dashboard in the clear for others, a proxy that asks itself. */
export const checkListeners = function* ({ listen, tls, routes }: Listening): Iterable<Mistake> {
  if (!listen) return;
  if (portOf(listen.http) !== 0 && portOf(listen.http) === portOf(listen.admin)) {
    yield { path: "listen.admin", message: `has the port of listen.http, ${portOf(listen.http)}` };
  }
  if (tls && tls.mode !== "off" && portOf(listen.https) !== 0) {
    for (const name of ["http", "admin"] as const) {
      if (portOf(listen[name]) !== portOf(listen.https)) continue;
      yield { path: "listen.https", message: `has the port of listen.${name}, ${portOf(listen[name])}` };
    }
  }
  if (tls?.mode === "off" && !staysHere(listen.admin)) {
    yield { path: "listen.admin", message: openToOthers(listen.admin) };
  }
  yield* circles(listen, tls?.mode === "off", routes);
};

/** Can only this machine reach the address? */
export const staysHere = (address: string): boolean => isLoopback(hostOf(address));

/** Why an admin listener may not be opened there without TLS: a token would cross the network in the clear. */
export const openToOthers = (admin: string): string =>
  `${admin} is reachable from other machines, which needs TLS: set "tls": "local" or certificate files, or use 127.0.0.1:PORT and reach it through an SSH tunnel`;

/** Each request would be a request of its own again, until no more can be open. */
const circles = function* (
  { http, https }: Config["listen"],
  isPlain: boolean,
  routes: readonly (RouteConfig | null)[],
): Iterable<Mistake> {
  const own = [["listen.http", http] as const, ...(isPlain ? [] : [["listen.https", https] as const])];
  for (const [i, route] of routes.entries()) {
    for (const [n, upstream] of (route?.proxy?.upstreams ?? []).entries()) {
      const url = URL.parse(addressOf(upstream));
      const found = url && own.find(([, address]) => isSame(url, address));
      if (!found) continue;
      const path = `routes[${i}].proxy.upstreams[${n}]`;
      yield { path, message: `is Turnpike itself (${found[0]}): give the site's own server another port` };
    }
  }
};

const isSame = (url: URL, address: string): boolean => {
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const host = hostOf(url.host);
  const listens = hostOf(address);
  const isHere = isEverywhere(listens) || isLoopback(listens) ? isLoopback(host) : listens === host;
  return port !== 0 && port === portOf(address) && isHere;
};

const isEverywhere = (host: string): boolean => host === "" || host === "0.0.0.0" || host === "::";

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1));

/** The host before the port, without the brackets of an IPv6 address; empty where there is none. */
const hostOf = (address: string): string =>
  address
    .replace(/(^|:)\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
