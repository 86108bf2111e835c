/**
 * Cuts what waits for a client of HTTP/2 that does nothing any more: an answer that is not taken, a body that does not
 * come, a connection that is closed on our side alone. Looked at now and then, because a timer for each stream would be
 * put off by whatever else its connection carries, pings too.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type Http2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { hasBody } from "../http/request-body.ts";

export interface Stalls {
  /** Looks after a connection until it is closed. */
  keep(session: Http2Session, socket: Socket): void;
  /** Looks after a request and its answer on such a connection. */
  watch(req: IncomingMessage, res: ServerResponse): void;
}

interface Line {
  readonly session: Http2Session;
  readonly socket: Socket;
  readonly running: Set<Progress>;
  /** how often it was found closed on our side */
  looksClosed: number;
}

/** What would change if the client did anything for it. */
interface Progress {
  readonly stream: ServerHttp2Stream;
  readonly req: IncomingMessage;
  queued: number;
  room: number;
  read: number;
  /** how often nothing had changed */
  looks: number;
}

/** Looks are counted and not time: while we are too busy to look, clients can do nothing about it. */
const mostLooks = 8;

export const watchStalls = (stalledMs: number): Stalls => {
  const lines = new Map<Http2Session, Line>();
  let timer: NodeJS.Timeout | null = null;

  const look = (): void => {
    for (const line of lines.values()) lookAt(line);
  };
  const forget = (session: Http2Session): void => {
    lines.delete(session);
    if (lines.size > 0 || !timer) return;
    clearInterval(timer);
    timer = null;
  };

  return {
    keep(session, socket) {
      lines.set(session, { session, socket, running: new Set(), looksClosed: 0 });
      timer ??= setInterval(look, stalledMs / mostLooks).unref();
      socket.once("close", () => forget(session));
    },
    watch(req, res) {
      const { stream } = res as unknown as { readonly stream: ServerHttp2Stream }; // an answer of HTTP/2
      const line = stream.session && lines.get(stream.session);
      if (!line) return;
      const progress = { stream, req, queued: 0, room: 0, read: 0, looks: 0 };
      line.running.add(progress);
      stream.once("close", () => line.running.delete(progress));
    },
  };
};

const lookAt = (line: Line): void => {
  const { session, socket, running } = line;
  const isOver = (session.closed || session.destroyed) && running.size === 0;
  line.looksClosed = isOver ? line.looksClosed + 1 : 0;
  if (line.looksClosed > mostLooks) {
    socket.destroy(); // the client neither takes our last bytes nor closes its side
    return;
  }
  const stalled = [...running].filter((progress) => isStalled(progress, session));
  if (stalled.length === 0) return;
  // Where nothing else is on the connection it goes as a whole, as one of HTTP/1.1 does: it may not read at all.
  if (stalled.length === running.size) socket.destroy();
  else for (const { stream } of stalled) stream.close(constants.NGHTTP2_CANCEL);
};

const isStalled = (progress: Progress, session: Http2Session): boolean => {
  const { stream, req } = progress;
  const queued = stream.writableLength;
  if (!waitsForClient(stream, req, queued)) {
    progress.looks = 0;
    return false;
  }
  // Of one long piece nobody says how much is gone; the room that the client gives to the connection shows it.
  const room = session.state.remoteWindowSize ?? 0;
  const read = req.socket.bytesRead;
  if (queued !== progress.queued || room !== progress.room || read !== progress.read)
    Object.assign(progress, { queued, room, read, looks: 0 });
  return ++progress.looks > mostLooks;
};

/** An answer that waits for us or for an upstream is no fault of the client's, nor a body that nobody reads. */
const waitsForClient = (stream: ServerHttp2Stream, req: IncomingMessage, queued: number): boolean => {
  if (queued > 0) return true;
  return hasBody(req) && !req.complete && req.readableLength === 0 && !stream.headersSent;
};
