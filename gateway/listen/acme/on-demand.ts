import { createCache } from "../../lib/cache.ts";
import type { Clock } from "../../lib/clock.ts";
import { isPublicName } from "../tls/settings.ts";

/** Decides who gets a certificate that nobody configured. */
export interface OnDemand {
  /**
   * What the operator's `ask` says of the host; no where there is no room beside the hosts that `got` one this way.
   * Never throws.
   */
  judge(host: string, got: number): Promise<Verdict>;
}

/** `unknown`: it could not be asked now, which is no yes, and takes nothing away either. */
export type Verdict = "yes" | "no" | "unknown";

export interface OnDemandOptions {
  /** asks the operator's server; rejects when it does not answer */
  readonly ask: (host: string) => Promise<boolean>;
  readonly most: number;
  readonly clock: Clock;
  readonly warn: (sentence: string) => void;
}

const answersKept = 2_000;
const answerMs = 60_000;
const asksAtOnce = 8;
const fullToldMs = 3_600_000;

interface Answer {
  readonly verdict: Promise<Verdict>;
  readonly until: number;
}

/** Clients may name any host: an answer is kept for a minute, and eight questions run at once. */
export const createOnDemand = ({ ask, most, clock, warn }: OnDemandOptions): OnDemand => {
  const answers = createCache<string, Answer>(answersKept);
  let running = 0;
  let fullToldAt = Number.NEGATIVE_INFINITY;

  const tellFull = (host: string): void => {
    if (clock() - fullToldAt < fullToldMs) return;
    fullToldAt = clock();
    warn(`acme: ${host} gets no certificate: ${most} hosts have one on demand, which is tls.onDemand.most`);
  };
  const askNow = async (host: string): Promise<Verdict> => {
    running++;
    try {
      return (await ask(host)) ? "yes" : "no";
    } catch (error) {
      warn(
        `acme: tls.onDemand.ask cannot be asked about ${host}: ${error instanceof Error ? error.message : error}`,
      );
      return "unknown";
    } finally {
      running--;
    }
  };
  return {
    async judge(host, got) {
      if (!isPublicName(host)) return "no";
      if (got >= most) {
        tellFull(host);
        return "no";
      }
      const known = answers.get(host);
      if (known && known.until > clock()) return known.verdict;
      if (running >= asksAtOnce) return "unknown";
      const verdict = askNow(host);
      answers.set(host, { verdict, until: clock() + answerMs });
      return verdict;
    },
  };
};
