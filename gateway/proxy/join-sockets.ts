/**
 * Two connections that have become one websocket: bytes go from each to the other untouched, at the pace of the slower. A
 * busy site has thousands of these open and idle, so nothing is kept of the handshake and what it was made of.
 */
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Tunnels } from "./tunnels.ts";

/** A peer that vanished without a word is missed by the system's probes, which begin after this silence. */
const probeMs = 60_000;
/** How long the second side may take to close after the first: a websocket is never half open for longer. */
const lingerMs = 30_000;

/**
 * Joins them for as long as both last; gives what is to be told of the bytes that come from the upstream, whose address
 * is `to`.
 */
export const joinSockets = (
  client: Duplex,
  upstream: Socket,
  tunnels: Tunnels,
  to: string,
): ((bytes: Buffer) => void) => {
  let linger: NodeJS.Timeout | null = null;

  const close = (): void => {
    if (linger) clearTimeout(linger);
    tunnels.delete(close);
    upstream.destroy();
    client.destroy();
  };

  /** One side has ended: the other has a while to follow. */
  const endSoon = (): void => {
    linger ??= setTimeout(close, lingerMs).unref();
  };

  tunnels.add(close, to);
  if (client instanceof Socket) client.setKeepAlive(true, probeMs);
  upstream.setKeepAlive(true, probeMs);
  client.on("data", (bytes: Buffer) => {
    if (!upstream.write(bytes)) client.pause();
  });
  client.on("end", () => {
    upstream.end();
    endSoon();
  });
  client.on("drain", () => upstream.resume());
  client.on("error", close).on("close", close);
  upstream.on("end", () => {
    client.end();
    endSoon();
  });
  upstream.on("drain", () => client.resume());
  upstream.on("error", close).on("close", () => {
    if (client.writableFinished) close();
    else client.end(close); // what it has not taken yet still goes
  });
  return (bytes) => {
    // The bytes are the connection's, and the next ones come into the same place.
    if (!client.write(Buffer.from(bytes))) upstream.pause();
  };
};
