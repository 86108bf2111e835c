/**
 * How the admin listener may be reached: in the clear on this machine alone; from others encrypted, with the site's own
 * certificate files or one of the local authority. It answers for its own addresses and names only, because a page of
 * another site may resolve a name of its own to this address (DNS rebinding).
 */
import { isIP } from "node:net";
import { openToOthers, staysHere } from "./config/listen-checks.ts";
import type { Config } from "./config/schema.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import type { Bound } from "./listen/bind.ts";
import { openTls } from "./listen/tls/open-tls.ts";
import type { TlsFront } from "./listen/tls/tls-options.ts";

export interface AdminDoor {
  /** undefined where it is reached from this machine alone */
  readonly tls: TlsFront | undefined;
  /** May it be asked for under this `Host`? */
  answersFor(host: string, bound: Bound): boolean;
  close(): void | Promise<void>;
}

/** Throws one sentence where a token would cross the network in the clear. */
export const openAdminDoor = ({ listen, tls: settings, data }: Config, log: Log): AdminDoor => {
  const names = listen.adminHosts.map((name) => name.toLowerCase());
  if (staysHere(listen.admin)) {
    return {
      tls: undefined,
      answersFor: (host, bound) => literals(bound).includes(host) || names.includes(nameOf(host)),
      close: () => {},
    };
  }
  if (settings.mode === "off") {
    throw new Error(`listen.admin: ${openToOthers(listen.admin)}`);
  }
  const tls = openTls({
    settings: settings.mode === "files" ? settings : { ...settings, mode: "local" },
    hosts: names,
    dir: data.dir,
    serves: (host) => host === "localhost" || names.includes(host),
    ownPorts: () => [],
    clock: systemClock,
    log,
  });
  return {
    tls: tls?.front,
    // What stands for an address in a URL cannot be resolved to another one; ports may be mapped on the way.
    answersFor(host) {
      const name = nameOf(host);
      return name === "localhost" || isIP(name) !== 0 || names.includes(name);
    },
    close: () => tls?.close(0),
  };
};

const literals = ({ host, port }: Bound): readonly string[] => [
  `localhost:${port}`,
  `127.0.0.1:${port}`,
  `[::1]:${port}`,
  `${host.includes(":") ? `[${host}]` : host}:${port}`,
];

/** A `Host` without its port. */
const nameOf = (host: string): string => host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
