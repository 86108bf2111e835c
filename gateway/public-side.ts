/** The side that visitors meet: the listener with the app behind it. One in the owner process, or one in each worker. */
import { type App, type AppParts, createApp } from "./app.ts";
import type { Config } from "./config/schema.ts";
import type { Exchange } from "./http/exchange.ts";
import { createHttpsSide, type SiteOptions } from "./https-side.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import type { Bound } from "./listen/bind.ts";
import { createListener } from "./listen/listener.ts";

export interface PublicSide {
  readonly bound: Bound;
  /** where it is encrypted; null where it is not */
  readonly secure: Bound | null;
  /** Settings changed: requests from now on follow these; throws where they cannot be followed, and nothing changes. */
  apply(next: Config): void;
  /** Lets running requests finish, within the time of the settings. */
  stop(): Promise<void>;
}

/**
 * Opens the public listeners; rejects with one sentence when it cannot. `portHint` makes the end of that of an option
 * for a free port.
 */
export const openPublicSide = async (
  initial: Config,
  parts: AppParts,
  log: Log,
  portHint: (option: string) => string,
): Promise<PublicSide> => {
  let app: App = createApp(initial, parts);
  const options: SiteOptions = {
    headerBytes: initial.limits.headerBytes,
    clock: systemClock,
    siteOf: (host) => app.siteOf(host),
    isTrusted: (address) => app.isTrusted(address),
    onError: reportError(log),
    handler: (x) => app.handler(x),
    upgrades: {
      claims: (req) => app.upgrades.claims(req),
      take: (x, socket, head) => app.upgrades.take(x, socket, head),
      async close() {
        parts.tunnels?.close();
        await app.upgrades.close();
      },
    },
  };
  let stop = (): Promise<void> => app.close();
  try {
    const https = createHttpsSide(initial, options, log);
    const listener = createListener({
      ...options,
      address: initial.listen.http,
      portHint: (free) => portHint(`--http ${free}`),
      first: https.first,
      ...(https.redirect ? { handler: https.redirect } : { lane: (request) => app.lane(request) }),
    });
    stop = async () => {
      await Promise.all([https.stop(), listener.stop(initial.listen.stopSeconds * 1000)]);
      await app.close();
    };
    const bound = await listener.listen();
    const secure = await https.listen(bound, (free) => portHint(`--https ${free}`));
    return {
      bound,
      secure,
      apply(next) {
        const before = app;
        app = createApp(next, parts);
        https.apply(next);
        void before.close();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

export const reportError =
  (log: Log) =>
  (error: unknown, x: Pick<Exchange, "req" | "host" | "path"> | null): void => {
    const where = x ? `${x.req.method} ${x.host}${x.path.slice(0, 200)}: ` : "";
    log.error(`${where}${error instanceof Error ? error.message : String(error)}`, error);
  };

/** The command to paste when a port is in use. */
export const startAgain = (env: NodeJS.ProcessEnv, options: string): string => {
  const command = env["npm_lifecycle_event"] === "start" ? "npm start --" : "turnpike start";
  return `start on another port with: ${command} ${options}`;
};
