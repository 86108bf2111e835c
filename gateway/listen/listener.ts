/**
 * The room of the sockets: opens an address, in the clear or encrypted, makes an `Exchange` of each request, hands it
 * to the handler and turns what that throws into an answer. What is malformed ends here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { sendError } from "../http/send-error.ts";
import { createServer } from "../lib/node-http.ts";
import { type Bound, bind, descriptorOf } from "./bind.ts";
import { closeIdle, drain, type Served, stop } from "./draining.ts";
import { type ExchangeSources, openExchange } from "./exchange.ts";
import { continueWhenRead, refuseOddExpectation } from "./expect-continue.ts";
import { createHttp2Side } from "./h2/server.ts";
import { createLane, type Lane, type LaneOptions } from "./lane.ts";
import {
  answering,
  type Connection,
  methodsAllowed,
  rawAnswer,
  refuseMalformed,
  type TellMalformed,
} from "./malformed.ts";
import { refuseHandshake } from "./refuse-handshake.ts";
import { isBusy, takeTurns } from "./take-turns.ts";
import { openChallengeDoor } from "./tls/challenge-door.ts";
import { openClientDoor } from "./tls/client-door.ts";
import { keepServerCurrent, type TlsFront, tlsOptions } from "./tls/tls-options.ts";
import { type Entry, guardDoor } from "./turn-away.ts";
import { asksUpgrade, takeUpgrades, type Upgrades } from "./upgrades.ts";
import { watchConnections } from "./watch-connections.ts";

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
  /** Answers plain POSTs in short, or null; there is a lane where this is given and nothing must see each request first. */
  readonly lane?: LaneOptions["take"] | undefined;
  /** takes the connections over that become websockets */
  readonly upgrades?: Upgrades | undefined;
  /** a socket that another process opened for the address and gave to this one */
  readonly inherited?: number | undefined;
  /** Says of a connection before a byte of it is read whether it may stay. */
  readonly enter?: ((socket: Socket) => Entry) | undefined;
  /** how long clients may take; what is left out has the times of `usualTimes` */
  readonly times?: Partial<Times> | undefined;
  /** Follows each request from its head on; what it answers learns of the exchange that is made of it. */
  readonly watch?: ((req: IncomingMessage, res: ServerResponse) => Watched) | undefined;
  /** told of what is refused before `watch` could see it */
  readonly onMalformed?: TellMalformed | undefined;
  /** ends the sentence of a port in use, e.g. `start on another port with --http :8090` */
  readonly portHint: (freeAddress: string) => string;
  /** told of every error that is not the client's, and of the causes of refusals; `x` is null before there is one */
  readonly onError: (error: unknown, x: Exchange | null) => void;
}

/** How long clients may take, ms. */
export interface Times {
  /** over the headers of a request */
  readonly headersMs: number;
  /** before the next request on a connection */
  readonly idleMs: number;
  /** without taking anything of an answer that waits for them */
  readonly stalledMs: number;
}

/** A request that somebody follows. */
export interface Watched {
  /** null until it is made, and for what is no request of a site */
  x: Exchange | null;
}

export interface Listener {
  /** Opens the address; rejects with one sentence that says why it cannot. */
  listen(): Promise<Bound>;
  /**
   * Stops accepting, closes idle connections, lets running requests finish, and cuts what is left after
   * `graceMs`; resolves when all connections are closed.
   */
  stop(graceMs: number): Promise<void>;
  /**
   * Another process serves the address from now on. Each connection is closed with its next answer; idle ones after
   * `idleMs`, so that a request that is on its way is answered; what is left, websockets too, after `graceMs`.
   */
  drain(idleMs: number, graceMs: number): Promise<void>;
  /** The number under which a process that is started can inherit the socket; null where nothing listens. */
  descriptor(): number | null;
  /** Serves a connection that another process has accepted. */
  take(socket: Socket): void;
}

/** A server on one address; nothing is opened before `listen()`. */
export const createListener = (options: ListenerOptions): Listener => {
  let stopping = false;
  const answer = (req: IncomingMessage, res: ServerResponse): void => {
    takeTurns(req, res, () => {
      if (stopping) res.shouldKeepAlive = false;
      serve(req, res, options);
    });
  };
  // One after the other by itself: the next request is read when the answer before it is out.
  const answerLane = (req: IncomingMessage, res: ServerResponse): void => serve(req, res, options);
  const { server, http2, lane, release } = options.tls
    ? createEncrypted(options, options.tls, { answer, answerLane })
    : createPlain(options, { answer, answerLane });
  server.maxHeadersCount = 0; // Node would drop the headers over a count silently; the bytes are the limit
  const connections = new Set<Connection>();
  const keep = (socket: Connection): void => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
  };
  server.on("connection", keep);
  server.on("secureConnection", keep);
  if (options.enter) guardDoor(server, options.enter, options.tls !== undefined);
  server.setTimeout(timesOf(options).stalledMs, endStalled);
  server.on("clientError", (error, socket: Connection) =>
    refuseMalformed(error, socket, options.onMalformed),
  );
  server.on("checkContinue", (req, res) => {
    continueWhenRead(req, res);
    answer(req, res);
  });
  server.on("checkExpectation", answer);
  if (options.upgrades) takeUpgrades(server, options.upgrades, options);
  server.on("connect", (req, socket: Socket) => {
    socket.on("error", () => socket.destroy());
    options.onMalformed?.({ reason: "tunnel", status: 405, protocol: "HTTP/1.1", socket, req, res: null });
    socket.end(rawAnswer(405, "this server is not a tunnel", `Allow: ${methodsAllowed}\r\n`));
  });
  return {
    listen: () => bind(server, options.address, options.portHint, options.inherited),
    descriptor: () => descriptorOf(server),
    take(socket) {
      watchConnections(server);
      socket.setNoDelay(true); // a server does it for those that it accepts
      server.emit("connection", socket);
    },
    stop(graceMs) {
      stopping = true;
      release();
      lane?.stop();
      void options.upgrades?.close();
      return stop({ server, http2, lane }, connections, graceMs);
    },
    async drain(idleMs, graceMs) {
      stopping = true;
      lane?.drain();
      http2?.drainKindly();
      for (const { [answering]: res } of connections)
        if (res && !res.headersSent) res.shouldKeepAlive = false;
      const endIdle = (): void => {
        closeIdle({ server, lane }, connections);
        lane?.stop();
        http2?.endIdle();
      };
      await drain(server, connections, { idleMs, endIdle, graceMs }, () => {
        http2?.cut();
        return options.upgrades?.close();
      });
      release();
    },
  };
};

/** A lane for connections that `serveHttp` serves otherwise; null where something must see every request first. */
const layLane = (
  serveHttp: (socket: Connection) => void,
  options: ListenerOptions,
  serve: LaneOptions["serve"],
): Lane | null => {
  const { lane: take, first, headerBytes, onError } = options;
  if (!take || first) return null;
  const { headersTimeout, keepAliveTimeout } = serverOptions(options);
  return createLane({
    take,
    serve,
    decline: serveHttp,
    headBytes: headerBytes,
    firstMs: headersTimeout,
    idleMs: keepAliveTimeout,
    stalledMs: timesOf(options).stalledMs,
    onError: (error) => onError(error, null),
  });
};

const usualTimes: Times = {
  headersMs: 20_000,
  idleMs: 75_000, // longer than the 60 s of common load balancers, so that they close first
  stalledMs: 60_000,
};

const timesOf = ({ times }: ListenerOptions): Times => ({ ...usualTimes, ...times });

/** A connection on which nothing moves. An answer that waits for us or for an upstream is no fault of the client's. */
const endStalled = (socket: Connection): void => {
  const res = socket[answering];
  if (res && !res.writableFinished && !res.destroyed && res.writableLength === 0) return;
  socket.destroy();
};

const serverOptions = (options: ListenerOptions) => ({
  shouldUpgradeCallback: (req: IncomingMessage) => !isBusy(req) && asksUpgrade(req, options.upgrades),
  maxHeaderSize: options.headerBytes,
  insecureHTTPParser: false,
  requireHostHeader: false, // `openExchange` does, where it is followed
  headersTimeout: timesOf(options).headersMs,
  requestTimeout: 900_000, // the whole request: a large upload over a slow line takes its time
  connectionsCheckingInterval: Math.min(1_000, timesOf(options).headersMs / 4), // seldom would be many at once
  keepAliveTimeout: timesOf(options).idleMs,
});

interface Opened extends Served {
  release(): void;
}

type Answer = (req: IncomingMessage, res: ServerResponse) => void;

/** The ways of a request to its answer: from Node's server, and from the lane. */
interface Ways {
  readonly answer: Answer;
  readonly answerLane: Answer;
}

const createPlain = (options: ListenerOptions, { answer, answerLane }: Ways): Opened => {
  const server = createServer(serverOptions(options), answer);
  const [serveHttp] = server.listeners("connection");
  const lane = layLane((socket) => void serveHttp?.call(server, socket), options, answerLane);
  if (lane) {
    server.removeAllListeners("connection");
    server.on("connection", (socket: Connection) => lane.accept(socket));
  }
  return { server, http2: null, lane, release: () => {} };
};

/** Node's HTTPS server, but for connections on which HTTP/2 was agreed, and those on the lane. */
const createEncrypted = (options: ListenerOptions, front: TlsFront, { answer, answerLane }: Ways): Opened => {
  const server = createSecureServer({ ...serverOptions(options), ...tlsOptions(front) }, answer);
  const http2 = createHttp2Side({ ...options, ...timesOf(options), answer });
  const [listener] = server.listeners("secureConnection");
  const serveHttp1 = (socket: Connection): void => void listener?.call(server, socket);
  const lane = layLane(serveHttp1, options, answerLane);
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket) => {
    socket.on("error", () => {}); // a client that is gone; whoever answers it hears of the close
    if (socket.alpnProtocol === "h2") http2.serve(socket);
    else if (lane) lane.accept(socket);
    else serveHttp1(socket);
  });
  server.removeAllListeners("tlsClientError");
  server.on("tlsClientError", (error, socket) => refuseHandshake(error, socket, options.onMalformed));
  openClientDoor(server, front);
  openChallengeDoor(server, front.certificates);
  const current = keepServerCurrent(server, front);
  return { server, http2, lane, release: () => current.close() };
};

const serve = (req: IncomingMessage, res: ServerResponse, options: ListenerOptions): void => {
  let x: Exchange | null = null;
  const watched = options.watch?.(req, res);
  try {
    if (options.first?.(req, res)) return;
    x = openExchange(req, res, options);
    if (watched) watched.x = x;
    refuseOddExpectation(req);
    if (x.path === "*") {
      res.writeHead(204, { allow: methodsAllowed }).end(); // OPTIONS * asks about the server as a whole (RFC 9110 §9.3.7)
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
    sendError(x ?? { req, res }, error);
    return;
  }
  onError(error, x);
  sendError(x ?? { req, res }, new HttpError(500, "internal error"));
};
