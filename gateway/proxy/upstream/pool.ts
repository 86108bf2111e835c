/**
 * The connections to one upstream: opened as they are needed, used again while the upstream keeps them, never more
 * than the settings allow. Requests that find none free wait in line, where each client has its turn.
 */
import { networkOf } from "../../lib/ip.ts";
import { Connection, type ConnectionOwner, type Job } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import { createFairLine } from "./fair-line.ts";
import { UpstreamError } from "./upstream-error.ts";

export interface PoolOptions {
  readonly endpoint: Endpoint;
  /** requests that it works on at once, at most: those that last because of their clients are beside them */
  readonly connections: number;
  /** requests that wait for one at most */
  readonly queue: number;
  readonly connectMs: number;
  /** from the request's last byte that we could send to the head of the answer */
  readonly firstByteMs: number;
  /** longest silence in the middle of an answer; null: any */
  readonly idleMs?: number | null;
  /** longest head of an answer */
  readonly headBytes: number;
  /** after which a request that its client holds up lasts, ms */
  readonly lastingMs?: number;
  /** how long a connection is used again, ms */
  readonly usedMs?: number;
}

export interface Pool {
  readonly endpoint: Endpoint;
  /** requests that run or wait */
  readonly load: number;
  /** Sends a request, at once or when a connection is free; answers whether it was at once. */
  dispatch(job: Job): boolean;
  /** Takes a request out of the line; false where it is not in it. */
  forget(job: Job): boolean;
  /** Waits for running requests, closes the connections. */
  close(): Promise<void>;
}

/** An upstream that does not say how long it keeps an idle connection keeps it 5 s, as Node's server does. */
const idleMs = 4000;
/** Closed this much before the upstream would. */
const marginMs = 1000;

/** An upstream whose name leads elsewhere by now is followed there, be the old place as well and as busy as it may. */
const usualUsedMs = 60_000;

/**
 * So many requests that last, for each connection of the settings: streams of events, and what slow clients send or take.
 * They leave their places to others, or a few hundred of them would keep everybody else waiting; beyond, they hold them.
 */
const lastingTimes = 16;
const usualLastingMs = 2000;

export const createPool = (options: PoolOptions): Pool => {
  const idle: Connection[] = [];
  const busy = new Set<Connection>();
  const lasting = new Set<Connection>();
  /** when a connection must be open, ms */
  const opening = new Map<Connection, number>();
  const line = createFairLine<Job>();
  let closing: (() => void) | null = null;
  let sweep: NodeJS.Timeout | null = null;
  // Deadlines are looked at in steps: a timer for each request costs more than what it guards.
  const { idleMs: silenceMs = null } = options;
  const { lastingMs = usualLastingMs, usedMs = usualUsedMs } = options;
  const shortestMs = Math.min(
    options.connectMs,
    options.firstByteMs,
    lastingMs,
    silenceMs ?? Number.POSITIVE_INFINITY,
  );
  const stepMs = Math.min(500, Math.max(5, shortestMs / 10));

  const owner: ConnectionOwner = {
    maxHeadBytes: options.headBytes,
    firstByteMs: options.firstByteMs,
    idleMs: silenceMs,
    onStream: (connection) => letLast(connection),
    onFree(connection) {
      drop(connection);
      const next = takeNext();
      const isOld = performance.now() - connection.begunAt >= usedMs;
      if (next) {
        if (isOld) {
          open(next); // first, so that nobody else gets its place
          connection.close(ended);
        } else run(connection, next);
        return;
      }
      const lifeMs = connection.idleSeconds < 0 ? idleMs : connection.idleSeconds * 1000 - marginMs;
      if (closing || isOld || lifeMs <= 0 || busy.size + idle.length >= options.connections) {
        connection.close(ended);
      } else {
        connection.deadline = performance.now() + lifeMs;
        idle.push(connection);
      }
      settle();
    },
    onClosed(connection, job, error, heardNothing) {
      drop(connection);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      if (job && heardNothing && connection.uses > 1 && isRepeatable(job)) {
        // The upstream closed the idle connection while the request was on its way: likely nobody saw it.
        open(job);
      } else {
        job?.handler.onError(error, connection.isConnected);
        const next = takeNext();
        if (next) open(next);
      }
      settle();
    },
  };

  const drop = (connection: Connection): void => {
    if (!busy.delete(connection)) lasting.delete(connection);
  };

  /** Whoever is first in line, where there is a place. */
  const takeNext = (): Job | undefined => (busy.size < options.connections ? line.shift() : undefined);

  const letLast = (connection: Connection): void => {
    if (lasting.size >= lastingTimes * options.connections || !busy.delete(connection)) return;
    lasting.add(connection);
    const next = takeNext();
    if (next) open(next);
  };

  const run = (connection: Connection, job: Job): void => {
    busy.add(connection);
    sweep ??= setInterval(look, stepMs).unref();
    connection.send(job);
  };

  const open = (job: Job): void => {
    const connection = new Connection(owner, options.endpoint);
    opening.set(connection, performance.now() + options.connectMs);
    run(connection, job);
  };

  const late = (): UpstreamError =>
    new UpstreamError("head-timeout", `proxy: no answer within ${options.firstByteMs} ms`);
  const fellSilent = (): UpstreamError =>
    new UpstreamError("idle-timeout", `proxy: nothing came for ${silenceMs} ms in the middle of an answer`);

  const noPlace = (): UpstreamError =>
    new UpstreamError(
      "no-connection",
      `proxy: all ${options.connections} connections to ${options.endpoint.url} are taken, and ${options.queue} requests wait for one`,
    );

  const look = (): void => {
    const now = performance.now();
    for (const [connection, at] of opening) {
      if (connection.isConnected || !busy.has(connection)) opening.delete(connection);
      else if (at < now)
        connection.close(
          new UpstreamError("connect-timeout", `proxy: no connection within ${options.connectMs} ms`),
        );
    }
    for (const connection of [...busy, ...lasting]) {
      if (connection.deadline < now) connection.close(connection.isInBody ? fellSilent() : late());
      else if (connection.waitsForClient && now - connection.sentAt >= lastingMs) letLast(connection);
    }
    for (const connection of idle.filter(({ deadline }) => deadline < now)) connection.close(ended);
    settle();
  };

  const settle = (): void => {
    if (busy.size + lasting.size > 0) return;
    if (idle.length === 0 && sweep) {
      clearInterval(sweep);
      sweep = null;
    }
    if (line.length === 0) closing?.();
  };

  return {
    endpoint: options.endpoint,
    get load() {
      return busy.size + lasting.size + line.length;
    },
    dispatch(job) {
      const free = idle.pop(); // the last one used: the others grow old and are closed
      if (free) {
        run(free, job);
        return true;
      }
      if (busy.size < options.connections) {
        open(job);
        return true;
      }
      const from = networkOf(job.from ?? "");
      const outdone = line.length >= options.queue ? (line.makeRoom(from) ?? job) : null;
      if (outdone !== job) line.push(from, job);
      outdone?.handler.onError(noPlace(), false);
      return outdone === job;
    },
    forget: (job) => line.remove(job),
    close: () =>
      new Promise((resolve) => {
        closing = resolve;
        for (const connection of [...idle]) connection.close(ended);
        settle();
      }),
  };
};

const ended = new UpstreamError("closed", "proxy: the connection was idle");

/** May be sent twice (RFC 9110 §9.2.2), and can: there is no body that is already gone. */
const isRepeatable = ({ request, body }: Job): boolean => body === null && repeatable.has(request.method);

const repeatable = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);
