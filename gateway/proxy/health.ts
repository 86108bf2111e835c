/** Asks upstreams, one by one and again and again, whether they are well. */
import type { Pool } from "./upstream/pool.ts";

export interface HealthSettings {
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutMs: number;
}

/** Starts asking; the answered function stops it. 2xx and 3xx within the time are well, all else is not. */
export const watchHealth = (
  pools: readonly Pool[],
  settings: HealthSettings,
  judge: (pool: Pool, isHealthy: boolean) => void,
): (() => void) => {
  const timer = setInterval(() => {
    for (const pool of pools) check(pool, settings, judge);
  }, settings.intervalSeconds * 1000);
  timer.unref();
  return () => clearInterval(timer);
};

const check = (
  pool: Pool,
  { path, timeoutMs }: HealthSettings,
  judge: (pool: Pool, isHealthy: boolean) => void,
): void => {
  let over = false;
  let abort = (): void => {};
  const finish = (isHealthy: boolean): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    judge(pool, isHealthy);
  };
  const job = {
    request: {
      method: "GET",
      target: path,
      host: pool.endpoint.host,
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
      onHead: (_call: unknown, { status }: { readonly status: number }) => finish(status < 400),
      onData() {},
      onEnd() {},
      onError: () => finish(false),
    },
  };
  const timer = setTimeout(() => {
    finish(false);
    if (!pool.forget(job)) abort();
  }, timeoutMs);
  timer.unref();
  pool.dispatch(job);
};
