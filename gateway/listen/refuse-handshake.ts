import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { rawAnswer, type TellMalformed } from "./malformed.ts";

/**
 * Ends a connection whose handshake failed. Who speaks HTTP in the clear is told so, as far as OpenSSL knows it for that (GET,
 * HEAD, POST, PUT); in all other cases there is no way in which an answer could be read.
 */
export const refuseHandshake = (
  error: NodeJS.ErrnoException,
  socket: TLSSocket,
  tell: TellMalformed = () => {},
): void => {
  const plain = error.code === "ERR_SSL_HTTP_REQUEST" ? connectionOf(socket) : null;
  if (plain) {
    tell({ reason: "syntax", status: 400, protocol: "HTTP/1.1", socket: plain, req: null, res: null });
    // Leaves at once: what is left of the connection is closed with the handshake.
    plain.end(rawAnswer(400, "this port speaks TLS: ask with https:// instead of http://"));
  }
  socket.destroy();
};

/** The connection below. Node keeps it under this name and documents none; without it there is no answer. */
const connectionOf = (socket: TLSSocket & { readonly _parent?: unknown }): Socket | null =>
  socket._parent instanceof Socket && socket._parent.writable ? socket._parent : null;
