/**
 * What of upstreams outlives changes of the settings: how they were found to be, so that no reload sends anybody to one
 * that is known not to be well, or says of it again what was said; what they have answered; and connections to them.
 */
import { createHeld } from "../lib/held.ts";
import { createPools, type Pools } from "./upstream/pools.ts";

export interface Standing {
  failuresInRow: number;
  /** by a clock that is never set */
  pausedUntil: number;
  isHealthy: boolean;
  /** it is being left out, and that was told */
  isOut: boolean;
  readonly counts: Counts;
}

export interface Counts {
  answers: number;
  /** requests that it did not answer */
  failures: number;
  /** between sending a request and the head of its answer, of all answers together */
  ms: number;
}

export interface Standings {
  /** The standing of this name; a fresh one where nobody holds it. Held until `release`, by as many as take it. */
  take(name: string): Standing;
  release(name: string): void;
  readonly pools: Pools;
}

export const createStandings = (): Standings => {
  const held = createHeld<Standing>();
  return {
    pools: createPools(),
    take: (name) => held.take(name, freshStanding),
    release: (name) => void held.release(name),
  };
};

const freshStanding = (): Standing => ({
  failuresInRow: 0,
  pausedUntil: 0,
  isHealthy: true,
  isOut: false,
  counts: { answers: 0, failures: 0, ms: 0 },
});
