import { createCache } from "../../lib/cache.ts";
import type { Clock } from "../../lib/clock.ts";
import { isPublicName } from "../tls/settings.ts";

/** Decides who gets a certificate that nobody configured. */
export interface OnDemand {
  /** The operator's `ask` says yes, and there is room beside the hosts that got one this way. Never throws. */
  allows(host: string, got: number): Promise<boolean>;
}

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
  readonly yes: Promise<boolean>;
  readonly until: number;
}

/** Clients may name any host: an answer is kept for a minute, eight questions run at once, and more than that is no. */
export const createOnDemand = ({ ask, most, clock, warn }: OnDemandOptions): OnDemand => {
  const answers = createCache<string, Answer>(answersKept);
  let running = 0;
  let fullToldAt = Number.NEGATIVE_INFINITY;

  const tellFull = (host: string): void => {
    if (clock() - fullToldAt < fullToldMs) return;
    fullToldAt = clock();
    warn(`acme: ${host} gets no certificate: ${most} hosts have one on demand, which is tls.onDemand.most`);
  };
  const askNow = async (host: string): Promise<boolean> => {
    running++;
    try {
      return await ask(host);
    } catch (error) {
      warn(
        `acme: tls.onDemand.ask cannot be asked about ${host}: ${error instanceof Error ? error.message : error}`,
      );
      return false;
    } finally {
      running--;
    }
  };
  return {
    async allows(host, got) {
      if (!isPublicName(host)) return false;
      if (got >= most) {
        tellFull(host);
        return false;
      }
      const known = answers.get(host);
      if (known && known.until > clock()) return known.yes;
      if (running >= asksAtOnce) return false;
      const yes = askNow(host);
      answers.set(host, { yes, until: clock() + answerMs });
      return yes;
    },
  };
};
