import type { IncomingMessage, ServerResponse } from "node:http";
import {
  constants,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { Http2Request, Http2Response } from "./http2-messages.ts";

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

/** The side of a listener that speaks HTTP/2. */
export const createHttp2Side = ({ headerBytes, answer }: Http2Options): Http2Side => {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(
    {
      // Node's own, as far as the server knows.
      Http2ServerRequest: Http2Request as unknown as typeof Http2ServerRequest,
      Http2ServerResponse: Http2Response as unknown as typeof Http2ServerResponse,
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
    },
    // What handlers use of a request and an answer is what the two classes give in HTTP/1.1's way.
    (req, res) => answer(req as unknown as IncomingMessage, res as unknown as ServerResponse),
  );
  let draining = false;
  const adopt = (session: ServerHttp2Session, socket: TLSSocket): void => {
    sessions.add(session);
    session.setLocalWindowSize(windowBytes);
    session.setTimeout(idleMs, () => session.close());
    session.on("close", () => sessions.delete(session));
    session.on(
      "stream",
      countResets(() => end(session, socket)),
    );
    session.on("stream", cutStalled);
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
    cut() {
      for (const session of sessions) session.destroy();
    },
  };
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
  let left = resetBurst;
  let at = performance.now();
  return (stream: ServerHttp2Stream): void => {
    stream.on("aborted", () => {
      const now = performance.now();
      left = Math.min(resetBurst, left + ((now - at) / 1000) * resetsPerSecond) - 1;
      at = now;
      if (left < 0) flooded();
    });
  };
};
