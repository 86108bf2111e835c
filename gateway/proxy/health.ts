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
  const askAll = (): void => {
    for (const { pool, probe } of probes) {
      check(probe, settings, (isHealthy) => {
        if (!stopped) judge(pool, isHealthy);
      });
    }
  };
  const timer = setInterval(askAll, intervalSeconds * 1000);
  timer.unref();
  askAll();
  return () => {
    stopped = true;
    clearInterval(timer);
    for (const { probe } of probes) void probe.close();
  };
};

const check = (
  probe: Pool,
  { path, timeoutMs }: HealthSettings,
  tell: (isHealthy: boolean) => void,
): void => {
  let told = false;
  let over = false;
  let abort = (): void => {};
  const find = (isHealthy: boolean): void => {
    if (!told) tell(isHealthy);
    told = true;
  };
  const end = (): void => {
    over = true;
    clearTimeout(timer);
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
        if (over) call.abort();
      },
      onInterim() {},
      onHead: (_call: unknown, { status }: { readonly status: number }) => find(status < 400),
      onData() {},
      onEnd: end,
      onError() {
        end();
        find(false);
      },
    },
  };
  // The head tells; a body that does not end is waited for no longer.
  const timer = setTimeout(() => {
    over = true;
    find(false);
    if (!probe.forget(job)) abort();
  }, timeoutMs);
  timer.unref();
  probe.dispatch(job);
};
