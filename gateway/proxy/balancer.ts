/**
 * Chooses the upstream of a request: in turn, by weight, or so that one visitor stays where he was. Upstreams that fail are
 * left out for a while; when all are, they are all tried, because one that may be well beats a certain 502. After the while one
 * request tries each, and the others follow when it was answered: what still hangs would else hold a share of all.
 */
import { createHash } from "node:crypto";
import type { Standing } from "./standings.ts";
import type { Pool } from "./upstream/pool.ts";

export interface Member {
  readonly pool: Pool;
  readonly weight: number;
  /** changed as it is found to be well or not */
  readonly standing: Standing;
}

export interface BalancerOptions {
  readonly members: readonly Member[];
  readonly balance: string;
  /** failures in a row after which one is left out */
  readonly failures: number;
  readonly pauseMs: number;
  readonly now: () => number;
  /** requests and websockets that it has now */
  readonly loadOf: (pool: Pool) => number;
  /** told when an upstream is left out, and when it is back */
  readonly onChange: (pool: Pool, isUp: boolean) => void;
}

export interface Balancer {
  /** The next upstream, other than those `tried`; `key` is what one upstream is kept for, null where it is missing. */
  next(key: string | null, tried: readonly Pool[]): Pool | null;
  succeeded(pool: Pool): void;
  failed(pool: Pool): void;
  /** It is not being left out, or may be tried again. */
  isUp(pool: Pool): boolean;
  /** True where it may be asked now, as `isUp` says; who is told so asks, and is the only one where it is a try. */
  claim(pool: Pool): boolean;
  /** what a health check found */
  judge(pool: Pool, isHealthy: boolean): void;
}

interface State extends Member {
  /** smooth weighted round-robin, as nginx does it */
  current: number;
}

export const createBalancer = (options: BalancerOptions): Balancer => {
  const { now, balance } = options;
  const states: readonly State[] = options.members.map((member) => ({ ...member, current: 0 }));
  // Settings that make the pause shorter count for one that is under way.
  for (const { standing } of states)
    standing.pausedUntil = Math.min(standing.pausedUntil, now() + options.pauseMs);
  const choose = choosers[balance] ?? byKey;
  const [only] = states;
  const alone = states.length === 1 && only ? only.pool : null;

  const stateOf = (pool: Pool): State | undefined => states.find((state) => state.pool === pool);

  const hasFailed = ({ standing }: State): boolean => standing.failuresInRow >= options.failures;

  /** Tells where it is left out, or back, since it was last looked at; true where it may be asked. */
  const refresh = (state: State): boolean => {
    const { pool, standing } = state;
    const isOut = !standing.isHealthy || hasFailed(state);
    if (isOut !== standing.isOut) {
      standing.isOut = isOut;
      options.onChange(pool, !isOut);
    }
    return standing.isHealthy && standing.pausedUntil <= now();
  };

  /** The pause begins again with the try: its answer ends it. */
  const take = (state: State): Pool => {
    if (hasFailed(state) && state.standing.pausedUntil <= now())
      state.standing.pausedUntil = now() + options.pauseMs;
    return state.pool;
  };

  return {
    next(key, tried) {
      if (alone) return tried.length === 0 ? alone : null;
      const left = tried.length === 0 ? states : states.filter(({ pool }) => !tried.includes(pool));
      const up = left.filter(refresh);
      const chosen = (key === null ? choose : byKey)(up.length > 0 ? up : left, key, options.loadOf);
      return chosen ? take(chosen) : null;
    },
    succeeded(pool) {
      const state = stateOf(pool);
      if (!state || state.standing.failuresInRow === 0) return;
      state.standing.failuresInRow = 0;
      state.standing.pausedUntil = 0;
      refresh(state);
    },
    failed(pool) {
      const state = stateOf(pool);
      if (!state) return;
      const { standing } = state;
      standing.failuresInRow++;
      if (standing.failuresInRow >= options.failures) standing.pausedUntil = now() + options.pauseMs;
      refresh(state);
    },
    isUp(pool) {
      const state = stateOf(pool);
      return state !== undefined && refresh(state);
    },
    claim(pool) {
      const state = stateOf(pool);
      if (state === undefined || !refresh(state)) return false;
      take(state);
      return true;
    },
    judge(pool, isHealthy) {
      const state = stateOf(pool);
      if (!state) return;
      const { standing } = state;
      standing.isHealthy = isHealthy;
      if (isHealthy) {
        standing.failuresInRow = 0;
        standing.pausedUntil = 0;
      }
      refresh(state);
    },
  };
};

type Chooser = (
  states: readonly State[],
  key: string | null,
  loadOf: BalancerOptions["loadOf"],
) => State | undefined;

const inTurn = (states: readonly State[]): State | undefined => {
  let best: State | undefined;
  let total = 0;
  for (const state of states) {
    state.current += state.weight;
    total += state.weight;
    if (!best || state.current > best.current) best = state;
  }
  if (best) best.current -= total;
  return best;
};

const leastBusy: Chooser = (states, _key, loadOf) => {
  const busy = ({ pool, weight }: State) => loadOf(pool) / weight;
  const least = Math.min(...states.map(busy));
  return inTurn(states.filter((state) => busy(state) === least));
};

/** Rendezvous hashing: when an upstream goes, only its own visitors move. */
const byKey: Chooser = (states, key) => {
  if (key === null) return inTurn(states);
  let best: State | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const state of states) {
    const score = state.weight / -Math.log(share(`${state.pool.endpoint.url} ${key}`));
    if (score > most) {
      most = score;
      best = state;
    }
  }
  return best;
};

const choosers: Readonly<Record<string, Chooser>> = {
  "round-robin": inTurn,
  "least-connections": leastBusy,
};

/** A number between 0 and 1, both left out, that looks random and is the same for the same text. */
const share = (text: string): number =>
  (createHash("sha256").update(text).digest().readUIntBE(0, 6) + 1) / (2 ** 48 + 2);
