import { createPool, type Pool, type PoolOptions } from "./pool.ts";

/** Pools that several hold, so that the connections to an upstream stay while settings change around it. */
export interface Pools {
  /** The pool of this name with these limits; a new one where nobody holds it. Held until `release`. */
  take(name: string, options: PoolOptions): Pool;
  /** Resolves once it is closed, or at once where others hold it. */
  release(pool: Pool): Promise<void>;
}

export const createPools = (): Pools => {
  const held = new Map<string, { readonly pool: Pool; holders: number }>();
  return {
    take(name, { endpoint, ...limits }) {
      const key = JSON.stringify([name, limits]);
      const known = held.get(key) ?? { pool: createPool({ endpoint, ...limits }), holders: 0 };
      known.holders++;
      held.set(key, known);
      return known.pool;
    },
    async release(pool) {
      const [key, known] = [...held].find(([, one]) => one.pool === pool) ?? [];
      if (key === undefined || !known || --known.holders > 0) return;
      held.delete(key);
      await pool.close();
    },
  };
};
