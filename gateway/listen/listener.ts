/**
 * The room of the sockets: opens an address, in the clear or encrypted, makes an `Exchange` of each request, hands it
 * to the handler and turns what that throws into an answer. What is malformed ends here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { TLSSocket } from "node:tls";
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { requestId } from "../http/request-id.ts";
import { sendError } from "../http/send-error.ts";
import { type Bound, bind } from "./bind.ts";
import { type ExchangeSources, openExchange } from "./exchange.ts";
import { createHttp2Side, type Http2Side } from "./http2-server.ts";
import { createLane, type Lane, type LaneOptions } from "./lane.ts";
import { answering, type Connection, rawAnswer, refuseMalformed } from "./malformed.ts";
import { openChallengeDoor } from "./tls/challenge-door.ts";
import { keepServerCurrent, type TlsFront, tlsOptions } from "./tls/tls-options.ts";
import { asksUpgrade, takeUpgrades, type Upgrades } from "./upgrades.ts";

export interface ListenerOptions extends ExchangeSources {
  /** `HOST:PORT`, or `:PORT` for all interfaces; port 0 takes a free one */
  readonly address: string;
  readonly handler: Handler;
  /** all request headers together */
  readonly headerBytes: number;
  /** speaks TLS, with HTTP/2 beside HTTP/1.1; in the clear where it is left out */
  readonly tls?: TlsFront | undefined;
  /** Answers what needs no site, such as a challenge of a certificate authority; false hands the request on. */
  readonly first?: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  /** Answers plain requests in short, where nothing must see each one first; see `lane.ts`. */
  readonly lane?: LaneOptions["take"] | undefined;
  /** takes the connections over that become websockets */
  readonly upgrades?: Upgrades | undefined;
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

/** A server on one address; nothing is opened before `listen()`. */
export const createListener = (options: ListenerOptions): Listener => {
  let stopping = false;
  const answer = (req: IncomingMessage, res: ServerResponse): void => {
    (req.socket as Connection)[answering] = res;
    if (stopping) res.shouldKeepAlive = false;
    serve(req, res, options);
  };
  const { server, http2, release } = options.tls
    ? createEncrypted(options, options.tls, answer)
    : { server: createServer(serverOptions(options), answer), http2: null, release: () => {} };
  server.maxHeadersCount = 0; // Node would drop the headers over a count silently; the bytes are the limit
  const lane = options.tls ? null : layLane(server, options);
  const connections = new Set<Connection>();
  const keep = (socket: Connection): void => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  };
  server.on("connection", keep);
  server.on("secureConnection", keep);
  server.on("clientError", refuseMalformed);
  if (options.upgrades) takeUpgrades(server, options.upgrades, options, options.onError);
  server.on("connect", (_req, socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(rawAnswer(405, "this server is not a tunnel"));
  });
  return {
    listen: () => bind(server, options.address, options.portHint),
    stop(graceMs) {
      stopping = true;
      release();
      lane?.stop();
      void options.upgrades?.close();
      return stop(server, http2, connections, graceMs);
    },
  };
};

/** Lets connections begin on the lane, where there is one and nothing must see every request first. */
const layLane = (server: Server, options: ListenerOptions): Lane | null => {
  const { lane: take, first, headerBytes, onError } = options;
  if (!take || first) return null;
  const [serveHttp] = server.listeners("connection");
  const { headersTimeout, keepAliveTimeout } = serverOptions(options);
  const lane = createLane({
    take,
    decline: (socket) => void serveHttp?.call(server, socket),
    headBytes: headerBytes,
    firstMs: headersTimeout,
    idleMs: keepAliveTimeout,
    onError: (error) => onError(error, null),
  });
  server.removeAllListeners("connection");
  server.on("connection", (socket: Connection) => lane.accept(socket));
  return lane;
};

const serverOptions = ({ headerBytes, upgrades }: ListenerOptions) => ({
  shouldUpgradeCallback: (req: IncomingMessage) => asksUpgrade(req, upgrades),
  maxHeaderSize: headerBytes,
  insecureHTTPParser: false,
  requireHostHeader: true,
  headersTimeout: 20_000,
  requestTimeout: 900_000, // the whole request: a large upload over a slow line takes its time
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 75_000, // longer than the 60 s of common load balancers, so that they close first
});

interface Opened {
  readonly server: Server;
  readonly http2: Http2Side | null;
  release(): void;
}

/** Node's HTTPS server, but for connections on which HTTP/2 was agreed. */
const createEncrypted = (
  options: ListenerOptions,
  front: TlsFront,
  answer: (req: IncomingMessage, res: ServerResponse) => void,
): Opened => {
  const server = createSecureServer({ ...serverOptions(options), ...tlsOptions(front) }, answer);
  const http2 = createHttp2Side({ headerBytes: options.headerBytes, answer });
  const [serveHttp1] = server.listeners("secureConnection");
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket) => {
    socket.on("error", () => {}); // a client that is gone; whoever answers it hears of the close
    if (socket.alpnProtocol === "h2") http2.serve(socket);
    else serveHttp1?.call(server, socket);
  });
  // A handshake that failed has no connection on which an answer could be read.
  server.removeAllListeners("tlsClientError");
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  openChallengeDoor(server, front.certificates);
  const current = keepServerCurrent(server, front);
  return { server, http2, release: () => current.close() };
};

const serve = (req: IncomingMessage, res: ServerResponse, options: ListenerOptions): void => {
  let x: Exchange | null = null;
  try {
    if (options.first?.(req, res)) return;
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

const stop = (
  server: Server,
  http2: Http2Side | null,
  connections: ReadonlySet<Connection>,
  graceMs: number,
): Promise<void> =>
  new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    http2?.drain();
    // A kept-alive connection becomes idle when its running request ends, which nobody announces.
    const sweep = setInterval(() => closeIdle(server, connections), sweepMs);
    const cut = setTimeout(() => {
      http2?.cut();
      server.closeAllConnections();
      for (const socket of connections) socket.destroy();
    }, graceMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(cut);
      resolve();
    });
  });

// To Node a connection is idle after its first request only; browsers open some that never carry one.
const closeIdle = (server: Server, connections: ReadonlySet<Connection>): void => {
  server.closeIdleConnections();
  for (const socket of connections) if (isUnused(socket)) socket.destroy();
};

const isUnused = (socket: Connection): boolean => {
  if (socket[answering]) return false;
  // Below an encrypted connection the bytes of the handshake are counted too.
  return socket instanceof TLSSocket ? socket.alpnProtocol !== "h2" : socket.bytesRead === 0;
};
