import type { IncomingMessage, ServerResponse } from "node:http";
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { createFarewells } from "./http2-farewell.ts";
import { rememberPeer } from "./http2-headers.ts";
import { Http2Request, Http2Response } from "./http2-messages.ts";
import { PlainHttp2Request, PlainHttp2Response } from "./http2-plain.ts";
import { watchStalls } from "./http2-stalls.ts";
import type { MalformedReason, TellMalformed } from "./malformed.ts";

export interface Http2Options {
  /** all headers of a request together */
  readonly headerBytes: number;
  readonly answer: (req: IncomingMessage, res: ServerResponse) => void;
  /** before the next request on a connection */
  readonly idleMs: number;
  /** without taking anything of an answer, or sending anything of a body */
  readonly stalledMs: number;
  /** told of connections that are ended for what came on them */
  readonly onMalformed?: TellMalformed | undefined;
}

export interface Http2Side {
  /** Takes a connection on which HTTP/2 was agreed. */
  serve(socket: TLSSocket): void;
  /** Asks clients to go; running requests finish, new ones are for another connection. */
  drain(): void;
  /** Asks each client to go with its next request, and answers all that it sends before it knows. */
  drainKindly(): void;
  /** While it drains kindly: asks those as well that send no further request. */
  endIdle(): void;
  /** Ends what is left. */
  cut(): void;
}

const streamsAtOnce = 128;
const windowBytes = 1024 * 1024;
// A browser that leaves a page resets its requests. Beyond this it is a flood: the work is ours and costs the
// sender nothing (CVE-2023-44487).
const resetBurst = 200;
const resetsPerSecond = 20;
// Each must be answered, and costs its sender nothing (CVE-2019-9512, CVE-2019-9515). Clients that measure the line by
// pings send some a second.
const controlBurst = 1000;
const controlPerSecond = 50;

/** The side of a listener that speaks HTTP/2. */
export const createHttp2Side = (options: Http2Options): Http2Side => {
  const { headerBytes, answer, idleMs, stalledMs, onMalformed } = options;
  const stalls = watchStalls(stalledMs);
  const farewells = createFarewells();
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({
    settings: {
      maxConcurrentStreams: streamsAtOnce,
      // Past this Node ends the stream without a word; what is above the limit alone gets an answer.
      maxHeaderListSize: headerBytes * 2,
      initialWindowSize: windowBytes / 4,
      enablePush: false,
    },
    maxHeaderListPairs: 1000, // the bytes are the limit, as in HTTP/1.1
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxOutstandingPings: 10,
  });
  server.on("stream", (stream, headers, _flags, raw: unknown) => {
    const [req, res] = messagesOf(stream, headers, raw as readonly string[]); // as Node's own classes are given them
    stalls.watch(req, res);
    farewells.hold(stream, () => answer(req, res));
  });
  let stopping = false;
  const tell = (reason: MalformedReason, socket: TLSSocket): void =>
    onMalformed?.({ reason, status: 400, protocol: "HTTP/2.0", socket, req: null, res: null });
  const adopt = (session: ServerHttp2Session, socket: TLSSocket): void => {
    sessions.add(session);
    rememberPeer(session, socket);
    stalls.keep(session, socket);
    session.setLocalWindowSize(windowBytes);
    session.setTimeout(idleMs, () => session.close());
    session.on("close", () => sessions.delete(session));
    const flooded = (): void => {
      if (session.destroyed) return;
      tell("flood", socket);
      end(session, socket);
    };
    session.on("error", (error: NodeJS.ErrnoException) => {
      if (isOfFrames(error)) tell("frames", socket);
    });
    session.on("stream", countResets(flooded));
    const control = countUpTo(controlBurst, controlPerSecond, flooded);
    session.on("ping", control).on("remoteSettings", control);
    farewells.keep(session);
    if (stopping) session.close(); // its handshake was under way when the others were told
  };
  server.on("sessionError", () => {}); // a broken connection has been closed, and concerns nobody else
  return {
    serve(socket) {
      server.once("session", (session) => adopt(session, socket)); // comes before `emit` is over
      server.emit("connection", socket);
    },
    drain() {
      stopping = true;
      for (const session of sessions) session.close();
    },
    drainKindly: () => farewells.begin(),
    endIdle: () => farewells.hurry(),
    cut() {
      for (const session of sessions) session.destroy();
    },
  };
};

/** A request and its answer in the shape of HTTP/1.1's, in the short form where there is no body. */
const messagesOf = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  raw: readonly string[],
): readonly [IncomingMessage, ServerResponse] => {
  if (stream.endAfterHeaders && headers.expect === undefined) {
    const req = new PlainHttp2Request(stream, headers);
    return asNodes(req, new PlainHttp2Response(req, stream));
  }
  const res = new Http2Response(stream);
  if (headers.expect === "100-continue") res.writeContinue();
  return asNodes(new Http2Request(stream, headers, undefined, raw), res);
};

/** What handlers use of a request and an answer is what these give in HTTP/1.1's way. */
const asNodes = (req: object, res: object) => [req, res] as unknown as [IncomingMessage, ServerResponse];

/** What came could not be read. Others are a connection that is gone, or what one of both sides gave as its reason to end it. */
const isOfFrames = ({ code }: NodeJS.ErrnoException): boolean =>
  code === "ERR_HTTP2_ERROR" || code === "ERR_HTTP2_TOO_MANY_INVALID_FRAMES";

// Node would wait for the client to read what is written and to close its side, which a flooder need not do.
const end = (session: ServerHttp2Session, socket: TLSSocket): void => {
  session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  setImmediate(() => socket.destroy());
};

const countResets = (flooded: () => void) => {
  const count = countUpTo(resetBurst, resetsPerSecond, flooded);
  return (stream: ServerHttp2Stream): void => void stream.on("aborted", count);
};

/** Calls `flooded` when it is itself called more often than `burst` times at once and `perSecond` on the whole. */
const countUpTo = (burst: number, perSecond: number, flooded: () => void) => {
  let left = burst;
  let at = performance.now();
  return (): void => {
    const now = performance.now();
    left = Math.min(burst, left + ((now - at) / 1000) * perSecond) - 1;
    at = now;
    if (left < 0) flooded();
  };
};
