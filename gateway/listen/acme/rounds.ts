/** Looks after hosts in turn, a few at once: each at the time that its last look named. */
import { setImmediate as breathe } from "node:timers/promises";
import type { Clock } from "../../lib/clock.ts";

export interface RoundsOptions {
  /** those to look after, as they are now */
  readonly hosts: () => readonly string[];
  /** Looks at one; answers when to look again, ms since 1970. Never throws. */
  readonly look: (host: string) => Promise<number>;
  /** Says that something has happened to the host, so that it is looked at before its time. */
  readonly hasChanged: (host: string) => boolean;
  readonly clock: Clock;
}

export interface Rounds {
  /** Looks now at all that are due, and goes on from there. */
  begin(): void;
  /** Looks at a host whether it is due or not; one that is being looked at is not looked at twice. */
  look(host: string): Promise<void>;
  forget(host: string): void;
  /** Begins nothing more; resolves once the looks that run have ended. */
  close(): Promise<void>;
}

const longestSleepMs = 60_000;
const shortestSleepMs = 200;
const looksAtOnce = 4;

export const createRounds = ({ hosts, look, hasChanged, clock }: RoundsOptions): Rounds => {
  const nextLook = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | null = null;
  let closed = false;

  const lookNow = async (host: string): Promise<void> => {
    nextLook.set(host, await look(host));
    running.delete(host);
    sleep();
  };
  const lookOnce = (host: string): Promise<void> => {
    const known = running.get(host);
    if (known) return known;
    const looking = lookNow(host);
    running.set(host, looking);
    return looking;
  };
  const goRound = async (): Promise<void> => {
    await breathe();
    for (const host of hosts()) {
      while (running.size >= looksAtOnce) await Promise.race(running.values());
      if (closed) return;
      if (!running.has(host) && (hasChanged(host) || (nextLook.get(host) ?? 0) <= clock()))
        void lookOnce(host);
      await breathe(); // with a thousand hosts, requests come between them
    }
    round = null;
    sleep();
  };
  const begin = (): void => {
    if (!closed) round ??= goRound();
  };
  /** Until the next of them is due; those that are being looked at see to themselves. */
  const sleep = (): void => {
    if (closed || round) return;
    const due = hosts().flatMap((host) => (running.has(host) ? [] : (nextLook.get(host) ?? 0)));
    clearTimeout(timer);
    timer = setTimeout(
      begin,
      Math.min(Math.max(Math.min(...due) - clock(), shortestSleepMs), longestSleepMs),
    );
    timer.unref();
  };
  return {
    begin, // what comes in the middle of a round has its turn in the next one, which follows at once
    look: lookOnce,
    forget: (host) => void nextLook.delete(host),
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.all([round, ...running.values()]);
    },
  };
};
