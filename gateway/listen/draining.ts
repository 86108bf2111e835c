/** How a listener ends: at a stop, and when another process has taken its place. */
import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import { TLSSocket } from "node:tls";
import type { Http2Side } from "./h2/server.ts";
import type { Lane } from "./lane.ts";
import { answering, type Connection } from "./malformed.ts";

/** What serves a listener's connections. */
export interface Served {
  readonly server: Server;
  readonly http2: Http2Side | null;
  /** where connections begin; null where Node's server has them from the start */
  readonly lane: Lane | null;
}

const sweepMs = 50;

/** Lets running requests end, closes the rest; what is left after the grace is cut. */
export const stop = (
  { server, http2, lane }: Served,
  connections: ReadonlySet<Connection>,
  graceMs: number,
): Promise<void> =>
  new Promise((resolve) => {
    http2?.drain();
    const cut = setTimeout(() => {
      http2?.cut();
      cutAll(server, connections);
    }, graceMs);
    const look = (): void => {
      if (server.listening || connections.size > 0) return;
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    };
    // A kept-alive connection becomes idle when its running request ends, which nobody announces.
    const sweep = setInterval(() => {
      closeIdle({ server, lane }, connections);
      look();
    }, sweepMs);
    // Those that another process accepted are not known to the server, so its own word for the end is not enough.
    if (server.listening) server.close(look);
    else closeIdle({ server, lane }, connections);
    look();
  });

/** Another process serves from now on: what is open here goes on, and ends in its own time. */
export const drain = (
  server: Server,
  connections: ReadonlySet<Connection>,
  {
    idleMs,
    endIdle,
    graceMs,
  }: { readonly idleMs: number; readonly endIdle: () => void; readonly graceMs: number },
  closeUpgrades: () => Promise<void> | undefined,
): Promise<void> =>
  new Promise((resolve) => {
    const begun = performance.now();
    let isCut = false;
    const sweep = setInterval(() => {
      const passedMs = performance.now() - begun;
      if (passedMs > idleMs) endIdle();
      if (passedMs > graceMs && !isCut) {
        isCut = true;
        void Promise.resolve(closeUpgrades()).then(() => cutAll(server, connections));
      }
      if (connections.size > 0) return;
      clearInterval(sweep);
      resolve();
    }, sweepMs);
    // An HTTP server's own way would close idle connections, on which a request may be under way.
    if (server.listening) NetServer.prototype.close.call(server);
  });

const cutAll = (server: Server, connections: ReadonlySet<Connection>): void => {
  server.closeAllConnections();
  for (const socket of connections) socket.destroy();
};

// To Node a connection is idle after its first request only; browsers open some that never carry one.
// Those on the lane are its own to close.
export const closeIdle = (
  { server, lane }: Pick<Served, "server" | "lane">,
  connections: ReadonlySet<Connection>,
): void => {
  server.closeIdleConnections();
  for (const socket of connections) if (!lane?.carries(socket) && isUnused(socket)) socket.destroy();
};

const isUnused = (socket: Connection): boolean => {
  if (socket[answering]) return false;
  // Below an encrypted connection the bytes of the handshake are counted too.
  return socket instanceof TLSSocket ? socket.alpnProtocol !== "h2" : socket.bytesRead === 0;
};
