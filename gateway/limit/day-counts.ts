/**
 * Daily quotas: counts of a day of the calendar that survive a restart. Who is counted is kept as a keyed hash, so that
 * the store holds no addresses; what changed is written down every few seconds and at the end.
 */
import { hash } from "node:crypto";
import type { Clock } from "../lib/clock.ts";
import type { Rule, Standing } from "./counters.ts";
import { createRoster } from "./roster.ts";

export interface DayCount {
  /** who, as a hash */
  readonly key: string;
  readonly n: number;
}

/** Where the counts of a day outlive the process. */
export interface DayStore {
  /** The counts of a day (`2026-01-31`), at most `limit`. */
  load(day: string, limit: number): readonly DayCount[];
  /** Writes counts of a day, at most `limit` of which are kept; those of earlier days go. */
  save(day: string, counts: readonly DayCount[], limit: number): Promise<void>;
}

export interface DayCounts {
  count(rule: Rule, key: string): Standing;
  /** Writes what changed; what cannot be written is tried again with the next. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface DayCountsOptions {
  readonly mostKeys: number;
  readonly secret: Buffer;
  readonly clock: Clock;
  /** null where nothing need survive */
  readonly store: DayStore | null;
}

const flushEveryMs = 5000;
const dayMs = 86_400_000;

export const createDayCounts = ({ mostKeys, secret, clock, store }: DayCountsOptions): DayCounts => {
  const salt = secret.toString("hex");
  const roster = createRoster(mostKeys);
  let day = Number.NaN;
  let counts = new Map<string, number>();
  let changed = new Set<string>();
  let saving: Promise<void> = Promise.resolve();

  const keep = (key: string, n: number): void => {
    const gone = roster.note(key);
    if (gone !== null) {
      counts.delete(gone);
      changed.delete(gone);
    }
    counts.set(key, n);
  };

  const begin = (next: number): void => {
    day = next;
    counts = new Map();
    changed = new Set();
    roster.clear();
    for (const { key, n } of store?.load(nameOf(day), mostKeys) ?? []) keep(key, n);
  };

  const save = async (): Promise<void> => {
    if (!store || changed.size === 0) return;
    const [of, rows] = [day, changed];
    changed = new Set();
    try {
      const list = [...rows].map((key) => ({ key, n: counts.get(key) ?? 0 }));
      await store.save(nameOf(of), list, mostKeys);
    } catch {
      // The disk refuses, which the store tells by itself. The counts go on in memory.
      if (of === day) for (const key of rows) if (counts.has(key)) changed.add(key);
    }
  };

  const flush = (): Promise<void> => {
    saving = saving.then(save);
    return saving;
  };
  const timer = store ? setInterval(() => void flush(), flushEveryMs).unref() : null;

  return {
    count(rule, key) {
      const now = clock();
      const today = Math.floor(now / dayMs);
      if (today !== day) begin(today);
      const who = hash("sha256", `${salt} ${rule.id} ${key}`, "base64url").slice(0, 22);
      const n = (counts.get(who) ?? 0) + 1;
      keep(who, n);
      changed.add(who);
      return {
        isOver: n > rule.quota,
        left: Math.max(0, rule.quota - n),
        resetMs: (today + 1) * dayMs - now,
      };
    },
    flush,
    async close() {
      if (timer) clearInterval(timer);
      await flush();
    },
  };
};

const nameOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);
