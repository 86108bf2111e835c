/**
 * Cuts what waits for a client of HTTP/2 that does nothing any more: an answer that is not taken, a body that does not
 * come, a connection that is closed on our side alone. Looked at now and then, because a timer for each stream would be
 * put off by whatever else its connection carries, pings too.
 */

import type { H2Connection } from "./connection.ts";
import { code } from "./frames.ts";
import type { H2Stream } from "./stream.ts";

export interface Stalls {
  /** Looks after a connection until it is closed. */
  keep(connection: H2Connection): void;
}

export interface StallTimes {
  /** without taking anything of an answer, or sending anything of a body */
  readonly stalledMs: number;
  /** for all fields of a request to come */
  readonly headersMs: number;
}

interface Line {
  readonly connection: H2Connection;
  readonly seen: WeakMap<H2Stream, Progress>;
}

/** What would change if the client did anything for it. */
interface Progress {
  mark: number;
  /** how often nothing had changed */
  looks: number;
}

/** Looks are counted and not time: while we are too busy to look, clients can do nothing about it. */
const mostLooks = 8;

export const watchStalls = ({ stalledMs, headersMs }: StallTimes): Stalls => {
  const lines = new Set<Line>();
  let timer: NodeJS.Timeout | null = null;

  const look = (): void => {
    const now = performance.now();
    for (const line of lines) {
      const { headSince } = line.connection;
      if (headSince !== null && now - headSince > headersMs) line.connection.cut();
      else lookAt(line);
    }
  };
  return {
    keep(connection) {
      const line = { connection, seen: new WeakMap() };
      lines.add(line);
      timer ??= setInterval(look, stalledMs / mostLooks).unref();
      connection.socket.once("close", () => {
        lines.delete(line);
        if (lines.size > 0 || !timer) return;
        clearInterval(timer);
        timer = null;
      });
    },
  };
};

const lookAt = ({ connection, seen }: Line): void => {
  const running = connection.unfinished();
  const stalled = running.filter((stream) => isStalled(stream, connection, seen));
  if (stalled.length === 0) return;
  // Where nothing else is on the connection it goes as a whole, as one of HTTP/1.1 does: it may not read at all.
  if (stalled.length === running.length) connection.cut();
  else for (const stream of stalled) stream.reset(code.cancel);
};

const isStalled = (stream: H2Stream, connection: H2Connection, seen: Line["seen"]): boolean => {
  let progress = seen.get(stream);
  if (!progress) {
    progress = { mark: -1, looks: 0 };
    seen.set(stream, progress);
  }
  if (!waitsForClient(stream)) {
    progress.looks = 0;
    return false;
  }
  const mark = stream.sent + stream.received + connection.outgoing.moves;
  if (mark !== progress.mark) Object.assign(progress, { mark, looks: 0 });
  return ++progress.looks > mostLooks;
};

/** An answer that waits for us or for an upstream is no fault of the client's, nor a body that nobody reads. */
const waitsForClient = ({ queued, isClosed, body, res }: H2Stream): boolean =>
  queued > 0 ||
  isClosed ||
  (body !== null && !body.complete && body.readableLength === 0 && !res.headersSent);
