/** The encrypted half of the public side: certificates, the listener that shows them, and what sends visitors there. */
import type { Config } from "./config/schema.ts";
import type { Handler } from "./http/exchange.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { type Bound, parseAddress } from "./listen/bind.ts";
import { createListener, type ListenerOptions } from "./listen/listener.ts";
import { openTls } from "./listen/tls/open-tls.ts";
import { redirectToHttps } from "./listen/tls/redirect.ts";

/** What the listener in the clear and the encrypted one have in common. */
export type SiteOptions = Omit<ListenerOptions, "address" | "portHint" | "tls" | "first" | "lane">;

export interface HttpsSide {
  /** Answers challenges on the listener in the clear, before all else. */
  readonly first: ListenerOptions["first"];
  /** What the listener in the clear does with its requests where they belong on https; null where they do not. */
  readonly redirect: Handler | null;
  /** Opens the listener and starts to look after certificates; null where TLS is off. `plain` is the other listener's. */
  listen(plain: Bound, portHint: (free: string) => string): Promise<Bound | null>;
  /** Hosts of the settings changed; what `tls` itself says counts after a restart. */
  apply(next: Config): void;
  stop(): Promise<void>;
}

/** Throws one sentence when certificates from files cannot be used. */
export const createHttpsSide = (config: Config, options: SiteOptions, log: Log): HttpsSide => {
  const { listen: addresses, tls: settings } = config;
  let ownPorts = [parseAddress(addresses.admin).port];
  let bound: Bound | null = null;
  const tls = openTls({
    settings,
    hosts: hostsOf(config),
    dir: config.data.dir,
    serves: (host) => options.siteOf(host) !== null,
    ownPorts: () => ownPorts,
    clock: systemClock,
    log,
  });
  const redirect = redirectOf(config, tls, () => bound?.port ?? 443);
  let stopListener = async (): Promise<void> => {};
  return {
    first: tls?.first,
    redirect: redirect?.(options.handler) ?? null,
    async listen(plain, portHint) {
      if (!tls) return null;
      const listener = createListener({ ...options, address: addresses.https, tls: tls.front, portHint });
      bound = await listener.listen();
      stopListener = () => listener.stop(addresses.stopSeconds * 1000);
      ownPorts = [...ownPorts, plain.port, bound.port];
      tls.start();
      return bound;
    },
    apply: (next) => tls?.follow(hostsOf(next)),
    async stop() {
      await stopListener();
      await tls?.close();
    },
  };
};

const hostsOf = ({ sites, routes }: Config): readonly string[] =>
  [...sites, ...routes].flatMap((part) => part.hosts);

const redirectOf = ({ tls: settings }: Config, tls: ReturnType<typeof openTls>, port: () => number) =>
  tls?.redirects
    ? redirectToHttps({
        certificates: tls.front.certificates,
        except: settings.redirectExcept,
        port: () => settings.publicPort ?? port(),
      })
    : null;
