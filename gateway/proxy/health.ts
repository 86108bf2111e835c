/** Asks upstreams, one by one and again and again, whether they are well. */
import { createPool, type Pool } from "./upstream/pool.ts";

export interface HealthSettings {
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutMs: number;
}

/**
 * Starts asking, at once for the first time; the answered function stops it. 2xx and 3xx within the time are well, all else
 * is not. It has connections of its own: an upstream whose every connection is taken is busy, and may be well.
 */
export const watchHealth = (
  pools: readonly Pool[],
  settings: HealthSettings,
  judge: (pool: Pool, isHealthy: boolean) => void,
): (() => void) => {
  const { intervalSeconds, timeoutMs } = settings;
  const limits = {
    connections: 1,
    queue: 1,
    connectMs: timeoutMs,
    firstByteMs: timeoutMs,
    headBytes: 65_536,
  };
  const probes = pools.map((pool) => ({ pool, probe: createPool({ ...limits, endpoint: pool.endpoint }) }));
  let stopped = false;
  const running = new Map<Pool, () => void>();
  const askAll = (): void => {
    for (const { pool, probe } of probes) {
      if (running.has(pool)) continue; // slower than the interval, and not late yet
      const giveUp = check(probe, settings, {
        found(isHealthy) {
          if (!stopped) judge(pool, isHealthy);
        },
        over: () => void running.delete(pool),
      });
      running.set(pool, giveUp);
    }
  };
  const timer = setInterval(askAll, intervalSeconds * 1000);
  timer.unref();
  askAll();
  return () => {
    stopped = true;
    clearInterval(timer);
    for (const giveUp of [...running.values()]) giveUp();
    for (const { probe } of probes) void probe.close();
  };
};

interface Told {
  readonly found: (isHealthy: boolean) => void;
  /** once, after it was begun */
  readonly over: () => void;
}

/** Asks once; the answered function gives up. */
const check = (probe: Pool, { path, timeoutMs }: HealthSettings, { found, over }: Told): (() => void) => {
  let isTold = false;
  let isOver = false;
  let abort = (): void => {};
  const tell = (isHealthy: boolean): void => {
    if (!isTold) found(isHealthy);
    isTold = true;
  };
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    queueMicrotask(over);
  };
  const job = {
    request: {
      method: "GET",
      target: path,
      host: probe.endpoint.host,
      pairs: ["user-agent", "Turnpike health check"],
    },
    body: null,
    chunked: false,
    handler: {
      onStart: (call: { abort(): void }) => {
        abort = () => call.abort();
        if (isOver) call.abort();
      },
      onInterim() {},
      onHead: (_call: unknown, { status }: { readonly status: number }) => tell(status < 400),
      onData() {},
      onEnd: end,
      onError() {
        end();
        tell(false);
      },
    },
  };
  const giveUp = (): void => {
    if (isOver) return;
    end();
    if (!probe.forget(job)) abort();
  };
  // The head tells; a body that does not end is waited for no longer.
  const timer = setTimeout(() => {
    tell(false);
    giveUp();
  }, timeoutMs);
  timer.unref();
  probe.dispatch(job);
  return giveUp;
};
