import type { CounterTable } from "../model/projection.ts";
import type { Db } from "./database.ts";

/** Running numbers, gathered in memory and written once a batch. */
export const createCounterTable = (db: Db): CounterTable & { flush(): void; forget(): void } => {
  const add = db.prepare(
    "INSERT INTO counters (site, counter, n) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
  );
  let waiting = new Map<string, { site: string; counter: string; n: number }>();
  return {
    add(site, counter, n) {
      const key = `${site} ${counter}`;
      const entry = waiting.get(key);
      if (entry) entry.n += n;
      else waiting.set(key, { site, counter, n });
    },
    flush() {
      for (const { site, counter, n } of waiting.values()) if (n !== 0) add.run(site, counter, n);
      waiting = new Map();
    },
    forget: () => waiting.clear(),
  };
};
