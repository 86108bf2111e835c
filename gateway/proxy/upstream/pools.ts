import { createHeld } from "../../lib/held.ts";
import { createPool, type Pool, type PoolOptions } from "./pool.ts";

/** Pools that several hold, so that the connections to an upstream stay while settings change around it. */
export interface Pools {
  /** The pool of this name with these limits; a new one where nobody holds it. Held until `release`. */
  take(name: string, options: PoolOptions): Pool;
  /** Resolves once it is closed, or at once where others hold it. */
  release(pool: Pool): Promise<void>;
}

export const createPools = (): Pools => {
  const held = createHeld<Pool>();
  const keys = new WeakMap<Pool, string>();
  return {
    take(name, options) {
      const { endpoint: _named, ...limits } = options;
      const key = JSON.stringify([name, limits]);
      const pool = held.take(key, () => createPool(options));
      keys.set(pool, key);
      return pool;
    },
    async release(pool) {
      if (held.release(keys.get(pool) ?? "")) await pool.close();
    },
  };
};
