/** So many requests in so many seconds. */
export interface Rule {
  /** tells its counts from those of other rules; the same after a reload that leaves the rule as it was */
  readonly id: string;
  /** what a client is told that it went over */
  readonly name: RuleName;
  readonly quota: number;
  /** the length of the window; a day of the calendar (UTC) where `daily` */
  readonly windowSeconds: number;
  readonly daily: boolean;
}

export type RuleName =
  | "address"
  | "visitor"
  | "key"
  | "route"
  | "daily-address"
  | "daily-visitor"
  | "daily-key";

/** Where somebody stands with a rule, this request counted. */
export interface Standing {
  readonly isOver: boolean;
  readonly left: number;
  readonly resetMs: number;
}

/** Counts requests: in memory, in a server that gateways share, or in the process that owns the data folder. */
export interface Counters {
  /** Counts one request of `key`; never rejects: what cannot be counted may pass. */
  count(rule: Rule, key: string): Promise<Standing>;
  /** A request that counted in a quota of the day was refused by another limit, and counts no more. */
  takeBack(rule: Rule, key: string): void;
  close(): Promise<void>;
}

export const windowRule = (name: RuleName, requests: number, windowSeconds: number, of = ""): Rule => ({
  id: `${name}${of && ` ${of}`} ${requests}/${windowSeconds}`,
  name,
  quota: requests,
  windowSeconds,
  daily: false,
});

/** The quota is no part of its id: a day's count goes on when the quota changes. */
export const dailyRule = (name: RuleName, quota: number): Rule => ({
  id: name,
  name,
  quota,
  windowSeconds: 86_400,
  daily: true,
});

/** Where nothing could be counted. */
export const freePass = (rule: Rule): Standing => ({ isOver: false, left: rule.quota, resetMs: 0 });

/** Counts nothing. */
export const uncounted: Counters = {
  count: async (rule) => freePass(rule),
  takeBack: () => {},
  close: async () => {},
};
