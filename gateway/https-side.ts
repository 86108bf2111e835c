/** The encrypted half of the public side: certificates, the listener that shows them, and what sends visitors there. */
import type { Socket } from "node:net";
import { createClientAuthorities } from "./client-authorities.ts";
import type { Config } from "./config/schema.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { type Bound, parseAddress } from "./listen/bind.ts";
import { createListener, type ListenerOptions } from "./listen/listener.ts";
import type { CertificateStatus } from "./listen/tls/certificates.ts";
import { openTls } from "./listen/tls/open-tls.ts";
import { createHttpsRedirect, type HttpsRedirect } from "./listen/tls/redirect.ts";
import type { TicketKeys } from "./listen/tls/ticket-keys.ts";

/** What the listener in the clear and the encrypted one have in common. */
export type SiteOptions = Omit<ListenerOptions, "address" | "portHint" | "tls" | "first" | "inherited">;

export interface HttpsSide {
  /** Answers challenges on the listener in the clear, before all else. */
  readonly first: ListenerOptions["first"];
  /** What the listener in the clear does with its requests where they belong on https; null where they do not. */
  readonly redirect: HttpsRedirect | null;
  /** Opens the listener and starts to look after certificates; null where TLS is off. `plain` is the other listener's. */
  listen(plain: Bound, portHint: (free: string) => string): Promise<Bound | null>;
  /** The same where another process opened both and gives connections to `take`. */
  follow(plain: Bound, secure: Bound | null): void;
  /** Serves a connection that another process has accepted. */
  take(socket: Socket): void;
  descriptor(): number | null;
  /** Another process serves the address from now on. */
  drain(idleMs: number, graceMs: number): Promise<void>;
  /** the certificates that it looks after */
  certificates(): readonly CertificateStatus[];
  /** Hosts of the settings changed; what `tls` itself says counts after a restart. */
  apply(next: Config): void;
  stop(): Promise<void>;
}

/** What is shared with other processes that serve the same address. */
export interface SharedSockets {
  /** keys of TLS session tickets */
  readonly tickets: TicketKeys;
  /** The socket that the process before opened under this name for this address. */
  readonly inherited: (name: "http" | "https", address: string) => number | undefined;
}

/** Throws one sentence when certificates from files cannot be used. */
export const createHttpsSide = (
  config: Config,
  options: SiteOptions,
  shared: SharedSockets,
  log: Log,
): HttpsSide => {
  const { listen: addresses, tls: settings } = config;
  let ownPorts = [parseAddress(addresses.admin).port];
  let bound: Bound | null = null;
  const clients = createClientAuthorities(config);
  const tls = openTls({
    settings,
    hosts: hostsOf(config),
    dir: config.data.dir,
    serves: (host) => options.siteOf(host) !== null,
    ownPorts: () => ownPorts,
    clock: systemClock,
    log,
  });
  let hint = (_free: string): string => "";
  const listener = tls
    ? createListener({
        ...options,
        address: addresses.https,
        inherited: shared.inherited("https", addresses.https),
        tls: { ...tls.front, tickets: shared.tickets, clients },
        portHint: (free) => hint(free),
      })
    : null;
  const begin = (plain: Bound, secure: Bound): void => {
    bound = secure;
    ownPorts = [...ownPorts, plain.port, secure.port];
    tls?.start();
  };
  return {
    first: tls?.first,
    redirect: redirectOf(config, tls, () => bound?.port ?? 443),
    async listen(plain, portHint) {
      if (!listener) return null;
      hint = portHint;
      begin(plain, await listener.listen());
      return bound;
    },
    follow(plain, secure) {
      if (secure) begin(plain, secure);
    },
    take: (socket) => listener?.take(socket),
    certificates: () => tls?.front.certificates.status() ?? [],
    descriptor: () => listener?.descriptor() ?? null,
    drain: async (idleMs, graceMs) => listener?.drain(idleMs, graceMs),
    apply(next) {
      clients.follow(next);
      tls?.follow(hostsOf(next));
    },
    async stop() {
      const graceMs = addresses.stopSeconds * 1000;
      await Promise.all([listener?.stop(graceMs), tls?.close(graceMs)]);
    },
  };
};

const hostsOf = ({ sites, routes }: Config): readonly string[] =>
  [...sites, ...routes].flatMap((part) => part.hosts);

const redirectOf = ({ tls: settings }: Config, tls: ReturnType<typeof openTls>, port: () => number) =>
  tls?.redirects
    ? createHttpsRedirect({
        certificates: tls.front.certificates,
        except: settings.redirectExcept,
        port: () => settings.publicPort ?? port(),
      })
    : null;
