/**
 * Counts in a Redis or Valkey that several gateways share. Where it does not answer in time, requests are counted in
 * memory: a limit that is counted twice harms less than a site that waits.
 */
import { hash } from "node:crypto";
import { RateLimiterRedis, type RateLimiterRes } from "rate-limiter-flexible";
import type { Clock } from "../lib/clock.ts";
import type { Counters, Rule, Standing } from "./counters.ts";
import { over, within } from "./memory-counters.ts";

export interface RedisCountersOptions {
  readonly url: string;
  /** counts while the server is away */
  readonly instead: Counters;
  readonly clock: Clock;
  /** told in a sentence when it goes away, and when it is back */
  readonly warn: (sentence: string) => void;
}

const answerMs = 250;
/** So long after an answer that did not come, one request asks again; the others do not wait for it. */
const pauseMs = 2000;
const mostRules = 1024;
const dayMs = 86_400_000;

/** Resolves before there is a connection: the gateway starts without its Redis. */
export const createRedisCounters = async (options: RedisCountersOptions): Promise<Counters> => {
  const { createClient } = await import("@redis/client"); // 60 ms to load, which only those wait for who use it
  const { instead, clock } = options;
  const client = createClient({
    url: options.url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 2000,
      reconnectStrategy: (tries) => Math.min(100 * 2 ** Math.min(tries, 5), 2000),
    },
  });
  const state = createState(options);
  client.on("error", (error: Error) => state.away(error.message));
  client.on("ready", () => state.back());
  client.connect().catch((error: Error) => state.away(error.message));
  const limiters = new Map<string, RateLimiterRedis>();

  const limiterOf = (rule: Rule, day: string): RateLimiterRedis => {
    const id = `${rule.id}${day}`;
    const name = `${id} ${rule.quota}`; // a day's count goes on under another quota
    const known = limiters.get(name);
    if (known) return known;
    if (limiters.size >= mostRules) limiters.delete(limiters.keys().next().value ?? "");
    const made = new RateLimiterRedis({
      storeClient: client,
      useRedisPackage: true,
      keyPrefix: `turnpike ${id}`,
      points: rule.quota,
      duration: Math.ceil(rule.windowSeconds),
    });
    limiters.set(name, made);
    return made;
  };

  const ask = async (rule: Rule, key: string): Promise<Standing> => {
    const now = clock();
    const limiter = limiterOf(rule, rule.daily ? dayOf(now) : "");
    const counted: Promise<RateLimiterRes> = limiter.consume(hashOf(key));
    const standing = await inTime(counted.then(within, over));
    if (!rule.daily) return standing;
    // What is refused does not count; where the store does not hear it, one request of the day is lost.
    if (standing.isOver) limiter.reward(hashOf(key)).catch(() => {});
    return { ...standing, resetMs: dayMs - (now % dayMs) };
  };

  return {
    async count(rule, key) {
      if (!client.isReady || !state.mayAsk()) return instead.count(rule, key);
      try {
        const standing = await ask(rule, key);
        state.back();
        return standing;
      } catch (error) {
        state.away((error as Error).message);
        return instead.count(rule, key);
      }
    },
    takeBack(rule, key) {
      if (!client.isReady) instead.takeBack(rule, key);
      else
        limiterOf(rule, dayOf(clock()))
          .reward(hashOf(key))
          .catch(() => {}); // likewise
    },
    async close() {
      state.end();
      client.destroy();
      await instead.close();
    },
  };
};

const dayOf = (now: number): string => ` ${new Date(now).toISOString().slice(0, 10)}`;

/** Says once that the server is away, and once that it is back. */
const createState = ({ url, warn, clock }: RedisCountersOptions) => {
  const name = new URL(url).host; // the rest may hold a password
  let isAway = false;
  let asksAt = 0;
  let ended = false;
  return {
    away(reason: string): void {
      asksAt = clock() + pauseMs;
      if (isAway || ended) return;
      isAway = true;
      warn(`limits: the store at ${name} ${troubleOf(reason)}; requests are counted in memory meanwhile`);
    },
    back(): void {
      if (!isAway) return;
      isAway = false;
      warn(`limits: the store at ${name} answers again`);
    },
    /** While it is away one request at a time finds out whether it is back. */
    mayAsk(): boolean {
      if (!isAway) return true;
      const now = clock();
      // A time further off than a pause was set before the clock was put back.
      if (asksAt > now && asksAt <= now + pauseMs) return false;
      asksAt = now + pauseMs;
      return true;
    },
    end(): void {
      ended = true;
    },
  };
};

/** What the server's own words, or the network's, mean to who runs it. */
const troubleOf = (reason: string): string => {
  const found = troubles.find(([pattern]) => pattern.test(reason));
  if (found) return `${found[1]} (${reason.slice(0, 200)})`;
  return `does not answer (${reason.slice(0, 200) || "it cannot be reached"}): see whether it runs`;
};

const troubles: readonly (readonly [pattern: RegExp, sentence: string])[] = [
  [/^WRONGPASS|invalid password/, "refuses the password: mend it in limits.store"],
  [/^NOAUTH|^ERR AUTH/, "asks for another password than limits.store has: redis://:PASSWORD@HOST:PORT"],
  [/^NOPERM/, "does not let this user count: it needs EVAL, EVALSHA and keys that begin with `turnpike `"],
  [/^OOM/, "is full: raise its maxmemory, or let it evict"],
  [/^(READONLY|MASTERDOWN)/, "is a replica that takes no writes: name its master in limits.store"],
  [/DB index|invalid DB/, "has no database of the number in limits.store"],
];

/** Who is counted: no address and no key stands in another server's memory. */
const hashOf = (key: string): string => hash("sha256", key, "base64url").slice(0, 22);

const inTime = <T>(work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${answerMs} ms`)), answerMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
