/**
 * Daily quotas: counts of a day of the calendar that survive a restart. Who is counted is kept as a keyed hash, so that
 * the store holds no addresses; what changed is written down every few seconds and at the end. A process whose place
 * another takes hands on what it still counts.
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

/** What one process has counted beside another. */
export interface DayShare {
  readonly day: string;
  /** how many more, each */
  readonly counts: readonly DayCount[];
}

export interface DayCounts {
  /** What is refused does not count: who asks on and on is let in again where the quota is raised. */
  count(rule: Rule, key: string): Standing;
  /** Counts one request less. */
  takeBack(rule: Rule, key: string): void;
  /** Takes what a process has counted whose place this one has; of another day than today it is nothing. */
  add(share: DayShare): void;
  /** Another process has the store: it is told what is counted here, and rejects what it cannot take. */
  handTo(heir: (share: DayShare) => Promise<void>): void;
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
/** Both processes let requests through by what they know of each other. */
const handEveryMs = 250;
const dayMs = 86_400_000;
const setBackMs = 6 * 3_600_000;

export const createDayCounts = ({ mostKeys, secret, clock, store }: DayCountsOptions): DayCounts => {
  const salt = secret.toString("hex");
  const roster = createRoster(mostKeys);
  let day = Number.NaN;
  let counts = new Map<string, number>();
  /** how many more than the store knows */
  let unsaved = new Map<string, number>();
  let heir: ((share: DayShare) => Promise<void>) | null = null;
  let saving: Promise<void> = Promise.resolve();

  const nameFor = (rule: Rule, key: string): string =>
    hash("sha256", `${salt} ${rule.id} ${key}`, "base64url").slice(0, 22);

  const keep = (key: string, n: number): void => {
    const gone = roster.note(key);
    if (gone !== null) {
      counts.delete(gone);
      unsaved.delete(gone);
    }
    counts.set(key, n);
  };

  const raise = (key: string, by: number): number => {
    const n = (counts.get(key) ?? 0) + by;
    keep(key, n);
    unsaved.set(key, (unsaved.get(key) ?? 0) + by);
    return n;
  };

  const begin = (next: number): void => {
    day = next;
    counts = new Map();
    unsaved = new Map();
    roster.clear();
    for (const { key, n } of store?.load(nameOf(day), mostKeys) ?? []) keep(key, n);
  };

  const save = async (): Promise<void> => {
    if (unsaved.size === 0) return;
    const [of, rows] = [day, unsaved];
    unsaved = new Map();
    try {
      if (heir) await heir({ day: nameOf(of), counts: [...rows].map(([key, n]) => ({ key, n })) });
      else await store?.save(nameOf(of), sums(rows.keys()), mostKeys);
    } catch {
      // The disk refuses, which the store tells by itself, or changes hands. The counts go on in memory.
      if (of === day)
        for (const [key, n] of rows) if (counts.has(key)) unsaved.set(key, n + (unsaved.get(key) ?? 0));
    }
  };

  const sums = (keys: Iterable<string>): readonly DayCount[] =>
    [...keys].map((key) => ({ key, n: counts.get(key) ?? 0 }));

  const flush = (): Promise<void> => {
    saving = saving.then(save);
    return saving;
  };
  const flushEvery = (ms: number) => setInterval(() => void flush(), ms).unref();
  let timer = store ? flushEvery(flushEveryMs) : null;

  /**
   * A clock that is set back a little opens no day again that is over: its counts are gone. One that was a day ahead was
   * wrong, and what was counted then with it.
   */
  const beginToday = (now: number): number => {
    const today = Math.floor(now / dayMs);
    if (today !== day && !(day * dayMs > now && day * dayMs - now <= setBackMs)) begin(today);
    return day;
  };

  return {
    count(rule, key) {
      const now = clock();
      const today = beginToday(now);
      const who = nameFor(rule, key);
      const resetMs = (today + 1) * dayMs - now;
      const before = counts.get(who) ?? 0;
      if (before < rule.quota) return { isOver: false, left: rule.quota - raise(who, 1), resetMs };
      keep(who, before);
      return { isOver: true, left: 0, resetMs };
    },
    takeBack(rule, key) {
      beginToday(clock());
      const who = nameFor(rule, key);
      if ((counts.get(who) ?? 0) > 0) raise(who, -1);
    },
    add(share) {
      if (share.day !== nameOf(beginToday(clock()))) return;
      for (const { key, n } of share.counts) raise(key, n);
    },
    handTo(next) {
      heir = next;
      if (timer) clearInterval(timer);
      timer = flushEvery(handEveryMs);
    },
    flush,
    async close() {
      if (timer) clearInterval(timer);
      await flush();
    },
  };
};

const nameOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);
