import type { IncomingMessage, ServerResponse } from "node:http";
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { rememberPeer } from "./http2-headers.ts";
import { Http2Request, Http2Response } from "./http2-messages.ts";
import { PlainHttp2Request, PlainHttp2Response } from "./http2-plain.ts";

export interface Http2Options {
  /** all headers of a request together */
  readonly headerBytes: number;
  readonly answer: (req: IncomingMessage, res: ServerResponse) => void;
}

export interface Http2Side {
  /** Takes a connection on which HTTP/2 was agreed. */
  serve(socket: TLSSocket): void;
  /** Asks clients to go; running requests finish, new ones are for another connection. */
  drain(): void;
  /** Asks clients to go as well, but answers what they had sent before they heard of it. */
  drainKindly(): void;
  /** Ends what is left. */
  cut(): void;
}

const streamsAtOnce = 128;
const windowBytes = 1024 * 1024;
const idleMs = 75_000;
const stalledMs = 300_000;
// A browser that leaves a page resets its requests. Beyond this it is a flood: the work is ours and costs the
// sender nothing (CVE-2023-44487).
const resetBurst = 200;
const resetsPerSecond = 20;
// Each must be answered, and costs its sender nothing (CVE-2019-9512, CVE-2019-9515). Clients that measure the line by
// pings send some a second.
const controlBurst = 1000;
const controlPerSecond = 50;

/** The side of a listener that speaks HTTP/2. */
export const createHttp2Side = ({ headerBytes, answer }: Http2Options): Http2Side => {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({
    settings: {
      maxConcurrentStreams: streamsAtOnce,
      maxHeaderListSize: headerBytes,
      initialWindowSize: windowBytes / 4,
      enablePush: false,
    },
    maxHeaderListPairs: 1000, // the bytes are the limit, as in HTTP/1.1
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxOutstandingPings: 10,
  });
  server.on("stream", (stream, headers, _flags, raw: unknown) =>
    take(stream, headers, raw as readonly string[], answer),
  );
  let draining = false;
  const adopt = (session: ServerHttp2Session, socket: TLSSocket): void => {
    sessions.add(session);
    rememberPeer(session, socket);
    session.setLocalWindowSize(windowBytes);
    session.setTimeout(idleMs, () => session.close());
    session.on("close", () => sessions.delete(session));
    session.on(
      "stream",
      countResets(() => end(session, socket)),
    );
    session.on("stream", cutStalled);
    const control = countUpTo(controlBurst, controlPerSecond, () => end(session, socket));
    session.on("ping", control).on("remoteSettings", control);
    if (draining) session.close(); // its handshake was under way when the others were told
  };
  server.on("sessionError", () => {}); // a broken connection has been closed, and concerns nobody else
  return {
    serve(socket) {
      server.once("session", (session) => adopt(session, socket)); // comes before `emit` is over
      server.emit("connection", socket);
    },
    drain() {
      draining = true;
      for (const session of sessions) session.close();
    },
    drainKindly() {
      draining = true;
      for (const session of sessions) letGo(session);
    },
    cut() {
      for (const session of sessions) session.destroy();
    },
  };
};

/** Hands a request on in the shape of HTTP/1.1's; a tunnel and an unknown expectation are answered here. */
const take = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  raw: readonly string[],
  answer: Http2Options["answer"],
): void => {
  const isTunnel = headers[":method"] === "CONNECT";
  if (stream.endAfterHeaders && !isTunnel && headers.expect === undefined) {
    const req = new PlainHttp2Request(stream, headers);
    const res = new PlainHttp2Response(req, stream);
    answer(...asNodes(req, res));
    return;
  }
  const req = new Http2Request(stream, headers, undefined, raw);
  const res = new Http2Response(stream);
  if (isTunnel) res.writeHead(405).end();
  else if (headers.expect !== undefined && headers.expect !== "100-continue") res.writeHead(417).end();
  else {
    if (headers.expect !== undefined) res.writeContinue();
    answer(...asNodes(req, res));
  }
};

/** What handlers use of a request and an answer is what these give in HTTP/1.1's way. */
const asNodes = (req: object, res: object) => [req, res] as unknown as [IncomingMessage, ServerResponse];

/** As RFC 9113 §6.8 describes it: first every stream is still taken, and one round trip later none that is new. */
const letGo = (session: ServerHttp2Session): void => {
  if (session.closed || session.destroyed) return;
  session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
  const close = (): void => {
    if (!session.closed && !session.destroyed) session.close();
  };
  if (!session.ping(close)) close();
};

// Node would wait for the client to read what is written and to close its side, which a flooder need not do.
const end = (session: ServerHttp2Session, socket: TLSSocket): void => {
  if (session.destroyed) return;
  session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  setImmediate(() => socket.destroy());
};

// A client that has stopped in the middle of a body; an answer may be silent for as long as it likes.
const cutStalled = (stream: ServerHttp2Stream): void => {
  if (stream.endAfterHeaders) return;
  stream.setTimeout(stalledMs, () => {
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_CANCEL);
  });
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
