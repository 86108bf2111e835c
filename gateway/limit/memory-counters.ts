import RateLimiterMemory from "rate-limiter-flexible/lib/RateLimiterMemory.js";
import RateLimiterRes from "rate-limiter-flexible/lib/RateLimiterRes.js";
import type { Counters, Rule, Standing } from "./counters.ts";
import type { DayCounts } from "./day-counts.ts";
import { createRoster } from "./roster.ts";

/** Rules whose counts are kept; each reload may bring new ones. */
const mostRules = 1024;

export interface MemoryCounters extends Counters {
  /** how many keys are counted now, those of days left out */
  readonly keys: number;
}

/**
 * Counts in this process: half a microsecond a request, by rate-limiter-flexible, which keeps every key that it has
 * seen, so the number of keys is bounded here; the one that was quiet for long is forgotten.
 */
export const createMemoryCounters = (mostKeys: number, days: DayCounts): MemoryCounters => {
  const roster = createRoster(mostKeys);
  const limiters = new Map<string, RateLimiterMemory>();

  const limiterOf = (rule: Rule): RateLimiterMemory => {
    const known = limiters.get(rule.id);
    if (known) return known;
    if (limiters.size >= mostRules) limiters.delete(limiters.keys().next().value ?? "");
    const made = new RateLimiterMemory({
      keyPrefix: "",
      points: rule.quota,
      duration: rule.windowSeconds,
    });
    limiters.set(rule.id, made);
    return made;
  };

  const forget = (place: string): void => {
    const end = place.indexOf("\n");
    void limiters.get(place.slice(0, end))?.delete(place.slice(end + 1));
  };

  return {
    count(rule, key) {
      if (rule.daily) return Promise.resolve(days.count(rule, key));
      const gone = roster.note(`${rule.id}\n${key}`);
      if (gone !== null) forget(gone);
      const longest = rule.windowSeconds * 1000;
      return limiterOf(rule)
        .consume(key)
        .then(
          (res) => atMost(longest, within(res)),
          (refusal) => atMost(longest, over(refusal)),
        );
    },
    takeBack: (rule, key) => days.takeBack(rule, key),
    get keys() {
      return roster.size;
    },
    async close() {
      roster.clear().forEach(forget);
      await days.close();
    },
  };
};

/** Windows end by a timer; what is left of one is told by the clock, and days of it where that was set back. */
const atMost = (ms: number, told: Standing): Standing =>
  told.resetMs <= ms ? told : { ...told, resetMs: ms };

/** What the library's answer means; an error that is none of its answers is a fault of ours. */
export const within = (res: RateLimiterRes): Standing => standing(res, false);

export const over = (refusal: unknown): Standing => {
  if (!(refusal instanceof RateLimiterRes)) throw refusal;
  return standing(refusal, true);
};

const standing = ({ remainingPoints, msBeforeNext }: RateLimiterRes, isOver: boolean): Standing => ({
  isOver,
  left: remainingPoints,
  resetMs: msBeforeNext,
});
