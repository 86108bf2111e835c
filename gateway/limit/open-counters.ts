import type { Clock } from "../lib/clock.ts";
import type { Counters } from "./counters.ts";
import { createDayCounts, type DayCounts, type DayStore } from "./day-counts.ts";
import { createMemoryCounters } from "./memory-counters.ts";
import type { LimitSettings } from "./settings.ts";

export interface OpenCountersOptions {
  readonly secret: Buffer;
  readonly clock: Clock;
  readonly warn: (sentence: string) => void;
  /** keeps the counts of a day; null where they end with the process */
  readonly days: DayStore | null;
}

export interface OpenedCounters extends Counters {
  /** daily quotas as this process counts them */
  readonly days: DayCounts;
}

/** What the settings say is to count: memory, or a server that gateways share, with memory to fall back on. */
export const openCounters = async (
  { store, addresses }: LimitSettings,
  { secret, clock, warn, days }: OpenCountersOptions,
): Promise<OpenedCounters> => {
  const dayCounts = createDayCounts({ mostKeys: addresses, secret, clock, store: days });
  const memory = createMemoryCounters(addresses, dayCounts);
  if (store === "memory") {
    const { count, takeBack, close } = memory;
    return { count, takeBack, close, days: dayCounts };
  }
  const { createRedisCounters } = await import("./redis-counters.ts");
  return { ...(await createRedisCounters({ url: store, instead: memory, clock, warn })), days: dayCounts };
};
