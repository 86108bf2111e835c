/** The side of a listener that speaks HTTP/2. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { type ClientIdentity, clientIdentity } from "../../http/client-certificate.ts";
import { continueWhenRead } from "../expect-continue.ts";
import type { TellMalformed } from "../malformed.ts";
import { namedHost } from "../tls/client-hello.ts";
import { H2Connection } from "./connection.ts";
import { watchStalls } from "./stalls.ts";

export interface Http2Options {
  /** all headers of a request together */
  readonly headerBytes: number;
  readonly answer: (req: IncomingMessage, res: ServerResponse) => void;
  /** before the next request on a connection */
  readonly idleMs: number;
  /** without taking anything of an answer, or sending anything of a body */
  readonly stalledMs: number;
  /** for all fields of a request to come */
  readonly headersMs: number;
  /** told of what is a fault of ours */
  readonly onError: (error: unknown, x: null) => void;
  /** told of connections that are ended for what came on them */
  readonly onMalformed?: TellMalformed | undefined;
}

export interface Http2Side {
  /** Takes a connection on which HTTP/2 was agreed. */
  serve(socket: TLSSocket): void;
  /** Asks clients to go; running requests finish, new ones are for another connection. */
  drain(): void;
  /** Asks clients to go, and answers all that they send before they know. */
  drainKindly(): void;
  /** While it drains kindly: closes connections on which nothing runs. */
  endIdle(): void;
  /** Ends what is left. */
  cut(): void;
}

export const createHttp2Side = (options: Http2Options): Http2Side => {
  const { headerBytes, answer, idleMs, onMalformed, onError } = options;
  const stalls = watchStalls(options);
  const connections = new Set<H2Connection>();
  let mode: "open" | "kind" | "stopping" = "open";
  return {
    serve(socket: TLSSocket & { readonly [clientIdentity]?: ClientIdentity }) {
      const connection = new H2Connection(socket, {
        headerBytes,
        idleMs,
        peer: {
          address: socket.remoteAddress,
          identity: socket[clientIdentity],
          host: socket.servername ? namedHost(socket.servername) : undefined,
        },
        answer(req, res) {
          const [asNodes, response] = [req, res] as unknown as [IncomingMessage, ServerResponse]; // what handlers use of them
          if (req.headers.expect === "100-continue") continueWhenRead(asNodes, response);
          if (mode === "kind") connection.closeKindly();
          answer(asNodes, response);
        },
        onError: (error) => onError(error, null),
        tell: (reason) =>
          onMalformed?.({ reason, status: 400, protocol: "HTTP/2.0", socket, req: null, res: null }),
      });
      connections.add(connection);
      stalls.keep(connection);
      socket.once("close", () => connections.delete(connection));
      if (mode === "stopping") connection.close(); // its handshake was under way when the others were told
    },
    drain() {
      mode = "stopping";
      for (const connection of connections) connection.close();
    },
    drainKindly() {
      mode = "kind";
    },
    endIdle() {
      for (const connection of connections) {
        if (connection.streams.size === 0) connection.close();
        else connection.closeKindly();
      }
    },
    cut() {
      for (const connection of connections) connection.cut();
    },
  };
};
