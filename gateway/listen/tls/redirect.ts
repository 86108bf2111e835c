import type { Layer } from "../../http/exchange.ts";
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
 * Sends what came in the clear to https with 308, which keeps method and body. A host that has no certificate (yet)
 * stays, as do challenges of certificate authorities, which a server behind us may be answering.
 */
export const redirectToHttps =
  ({ certificates, except, port }: RedirectOptions): Layer =>
  (next) =>
  (x) => {
    if (x.secure || !certificates.covers(x.host) || [challengePath, ...except].some(holds(x.path)))
      return next(x);
    const number = port();
    const authority = number === 443 ? x.host : `${x.host}:${number}`;
    const location = `https://${authority}${x.path}${x.query === "" ? "" : `?${x.query}`}`;
    x.res.writeHead(308, { location, "content-length": 0, "cache-control": "no-store" });
    x.res.end();
  };

const holds =
  (path: string) =>
  (exception: string): boolean =>
    exception.endsWith("/") ? path.startsWith(exception) : path === exception;
