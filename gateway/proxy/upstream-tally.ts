import type { Counts } from "./standings.ts";
import type { Pool } from "./upstream/pool.ts";

/** How an upstream is, and what it has answered since the start. */
export interface UpstreamStatus {
  readonly upstream: string;
  readonly isUp: boolean;
  readonly answers: number;
  /** requests that it did not answer */
  readonly failures: number;
  /** between sending a request and the head of its answer, of all answers together */
  readonly seconds: number;
}

interface Counted {
  readonly pool: Pool;
  readonly standing: { readonly counts: Counts };
}

/** Counts what upstreams answer. */
export const createUpstreamTally = (members: readonly Counted[]) => {
  const counts = new Map(members.map(({ pool, standing }) => [pool, standing.counts]));
  return {
    answered(pool: Pool, ms: number): void {
      const own = counts.get(pool);
      if (!own) return;
      own.answers++;
      own.ms += ms;
    },
    failed(pool: Pool): void {
      const own = counts.get(pool);
      if (own) own.failures++;
    },
    status: (isUp: (pool: Pool) => boolean): readonly UpstreamStatus[] =>
      [...counts].map(([pool, { answers, failures, ms }]) => ({
        upstream: pool.endpoint.url,
        isUp: isUp(pool),
        answers,
        failures,
        seconds: ms / 1000,
      })),
  };
};
