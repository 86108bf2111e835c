import type { Layer, Upgrade } from "../../http/exchange.ts";
import { HttpError } from "../../http/http-error.ts";
import { normalWrittenPath } from "../../lib/url-path.ts";
import type { Certificates } from "./certificates.ts";

export interface RedirectOptions {
  readonly certificates: Certificates;
  /** paths, with all below those that end in `/`, that stay as they are */
  readonly except: readonly string[];
  /** the port of https as browsers see it */
  readonly port: () => number;
}

const challengePath = "/.well-known/acme-challenge/";

/**
 * What came in the clear is sent to https with 308, which keeps method and body; a request for a websocket, too, which browsers
 * do not follow. A host that has no certificate (yet) stays, as do challenges of certificate authorities, which a server
 * behind us may be answering.
 */
export const createHttpsRedirect = (options: RedirectOptions): HttpsRedirect => {
  const locationOf = locationsOf({ ...options, except: options.except.map(normalWrittenPath) });
  return {
    layer: (next) => (x) => {
      const location = locationOf(x);
      if (location === null) return next(x);
      x.res.writeHead(308, { location, "content-length": 0, "cache-control": "no-store" });
      x.res.end();
    },
    refusal(x) {
      const location = locationOf(x);
      if (location === null) return null;
      const headers = { location, "cache-control": "no-store" };
      return new HttpError(308, "this site is reached over https", { headers });
    },
  };
};

export interface HttpsRedirect {
  readonly layer: Layer;
  /** What a websocket is told that belongs on https; null where it may stay. */
  refusal(x: Upgrade): HttpError | null;
}

const locationsOf =
  ({ certificates, except, port }: RedirectOptions) =>
  (x: Upgrade): string | null => {
    if (x.secure || !certificates.covers(x.host) || [challengePath, ...except].some(holds(x.path)))
      return null;
    const number = port();
    const authority = number === 443 ? x.host : `${x.host}:${number}`;
    return `https://${authority}${x.path}${x.query === "" ? "" : `?${x.query}`}`;
  };

const holds =
  (path: string) =>
  (exception: string): boolean =>
    exception.endsWith("/") ? path.startsWith(exception) : path === exception;
