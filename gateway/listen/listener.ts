/**
 * The room of the sockets: opens an address, makes an `Exchange` of each request, hands it to the handler and turns
 * what that throws into an answer. What is malformed ends here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { requestId } from "../http/request-id.ts";
import { sendError } from "../http/send-error.ts";
import { type Bound, bind } from "./bind.ts";
import { type ExchangeSources, openExchange } from "./exchange.ts";
import { answering, type Connection, rawAnswer, refuseMalformed } from "./malformed.ts";

export interface ListenerOptions extends ExchangeSources {
  /** `HOST:PORT`, or `:PORT` for all interfaces; port 0 takes a free one */
  readonly address: string;
  readonly handler: Handler;
  /** all request headers together */
  readonly headerBytes: number;
  /** ends the sentence of a port in use, e.g. `start on another port with --http :8090` */
  readonly portHint: (freeAddress: string) => string;
  /** told of every error that is not the client's, and of the causes of refusals; `x` is null before there is one */
  readonly onError: (error: unknown, x: Exchange | null) => void;
}

export interface Listener {
  /** Opens the address; rejects with one sentence that says why it cannot. */
  listen(): Promise<Bound>;
  /**
   * Stops accepting, closes idle connections, lets running requests finish, and cuts what is left after
   * `graceMs`; resolves when all connections are closed.
   */
  stop(graceMs: number): Promise<void>;
}

/** An HTTP/1.1 server on one address; nothing is opened before `listen()`. */
export const createListener = (options: ListenerOptions): Listener => {
  let stopping = false;
  const answer = (req: IncomingMessage, res: ServerResponse): void => {
    (req.socket as Connection)[answering] = res;
    if (stopping) res.shouldKeepAlive = false;
    serve(req, res, options);
  };
  const server = createServer(
    {
      maxHeaderSize: options.headerBytes,
      insecureHTTPParser: false,
      requireHostHeader: true,
      headersTimeout: 20_000,
      requestTimeout: 900_000, // the whole request: a large upload over a slow line takes its time
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 75_000, // longer than the 60 s of common load balancers, so that they close first
    },
    answer,
  );
  server.maxHeadersCount = 0; // Node would drop the headers over a count silently; the bytes are the limit
  const connections = new Set<Connection>();
  server.on("connection", (socket: Connection) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  });
  server.on("clientError", refuseMalformed);
  server.on("connect", (_req, socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(rawAnswer(405, "this server is not a tunnel"));
  });
  return {
    listen: () => bind(server, options.address, options.portHint),
    stop(graceMs) {
      stopping = true;
      return stop(server, connections, graceMs);
    },
  };
};

const serve = (req: IncomingMessage, res: ServerResponse, options: ListenerOptions): void => {
  let x: Exchange | null = null;
  try {
    x = openExchange(req, res, options);
    if (x.path === "*") {
      res.writeHead(204).end(); // OPTIONS * asks about the server as a whole (RFC 9110 §9.3.7)
      return;
    }
    const running = options.handler(x);
    if (running) running.catch((error: unknown) => fail(req, res, x, error, options.onError));
  } catch (error) {
    fail(req, res, x, error, options.onError);
  }
};

const fail = (
  req: IncomingMessage,
  res: ServerResponse,
  x: Exchange | null,
  error: unknown,
  onError: ListenerOptions["onError"],
): void => {
  if (!x) res.shouldKeepAlive = false; // who knows what else will come on it
  if (error instanceof HttpError) {
    if (error.cause !== undefined) onError(error, x);
    sendError({ req, res }, error);
    return;
  }
  onError(error, x);
  sendError(
    { req, res },
    new HttpError(500, x ? `internal error (request ${requestId(x)})` : "internal error"),
  );
};

const sweepMs = 50;

const stop = (server: Server, connections: ReadonlySet<Connection>, graceMs: number): Promise<void> =>
  new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    // A kept-alive connection becomes idle when its running request ends, which nobody announces.
    const sweep = setInterval(() => closeIdle(server, connections), sweepMs);
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
  });

// To Node a connection is idle after its first request only; browsers open some that never carry one.
const closeIdle = (server: Server, connections: ReadonlySet<Connection>): void => {
  server.closeIdleConnections();
  for (const socket of connections) if (!socket[answering] && socket.bytesRead === 0) socket.destroy();
};
