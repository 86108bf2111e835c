/** Joins the listener's upgrades with those who make websockets: collection, and proxies. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Websockets } from "./collect/websockets.ts";
import type { Handler, Upgrade } from "./http/exchange.ts";
import type { Limiter, RouteLimiter } from "./limit/limit.ts";
import { Unanswered } from "./limit/refusal.ts";
import { hostOf, parseTarget } from "./listen/target.ts";
import { refuseUpgrade, type Upgrades } from "./listen/upgrades.ts";
import type { Site } from "./model/site.ts";
import type { TakeUpgrade } from "./proxy/proxy.ts";
import type { Asked, Router } from "./route/router.ts";

export interface UpgradeParts {
  readonly router: Router;
  readonly siteOf: (host: string) => Site | null;
  readonly limiter: Limiter;
  /** a handler's name in logs and metrics */
  readonly nameOf: (handler: Handler) => string;
  /** the handler of collection and its paths that are websockets */
  readonly own: {
    readonly handler: Handler;
    readonly paths: readonly string[];
    readonly websockets: Websockets;
  };
  /** the handlers that are proxies */
  readonly proxied: ReadonlyMap<Handler, TakeUpgrade>;
  readonly onError: (error: unknown, x: Upgrade) => void;
}

export const joinUpgrades = (parts: UpgradeParts): Upgrades => {
  const takerOf = (asked: Asked): TakeUpgrade | null => {
    const handler = parts.router.handlerOf(asked);
    if (handler !== parts.own.handler) return parts.proxied.get(handler) ?? null;
    return parts.own.paths.includes(asked.path) ? parts.own.websockets.accept : null;
  };

  return {
    claims(req) {
      const asked = askedOf(req, parts.siteOf);
      try {
        return asked !== null && takerOf(asked) !== null;
      } catch {
        return false; // the path can be read in two ways: the plain way says so
      }
    },
    take(x, socket, head) {
      const take = takerOf(x);
      x.route = parts.nameOf(parts.router.handlerOf(x));
      const go = (): void => {
        try {
          take?.(x, socket, head);
        } catch (error) {
          parts.onError(error, x);
          refuseUpgrade(socket, error, x);
        }
      };
      const waiting = parts.limiter.admitUpgrade(x);
      if (waiting === null) go();
      else waiting.then(go, (error: unknown) => refuse(socket, error));
    },
    close: () => parts.own.websockets.close(),
  };
};

/** Websockets of a route that has a limit of its own. */
export const limitUpgrades =
  (limiter: RouteLimiter, take: TakeUpgrade): TakeUpgrade =>
  (x, socket, head) => {
    const waiting = limiter.admit(x);
    if (waiting === null) take(x, socket, head);
    else waiting.then(() => take(x, socket, head)).catch((error: unknown) => refuse(socket, error));
  };

const refuse = (socket: Duplex, error: unknown): void => {
  if (error instanceof Unanswered) socket.destroy();
  else refuseUpgrade(socket, error);
};

const askedOf = (req: IncomingMessage, siteOf: (host: string) => Site | null): Asked | null => {
  try {
    const { path, authority } = parseTarget(req.method ?? "GET", req.url ?? "/", req.headers.host);
    const host = hostOf(authority);
    const site = siteOf(host);
    return site && { host, site, path };
  } catch {
    return null; // the plain way says what is wrong with it
  }
};
