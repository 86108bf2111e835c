/** Whether a visitor who arrives with a mark is the one it speaks of. Pure: everything that counts comes in. */
import { parseUuid } from "../model/ids.ts";
import type { Handover } from "./handover-mark.ts";

export const handoverMs = 60_000;
/** two gateways' clocks may differ so much */
const skewMs = 5_000;

/** What of a request counts. */
export interface Arrival {
  readonly host: string;
  readonly method: string | undefined;
  readonly referrer: string | undefined;
  /** `Sec-Fetch-Dest` and `Sec-Fetch-Mode`; old browsers send neither */
  readonly dest: string | undefined;
  readonly mode: string | undefined;
  readonly isBot: boolean;
  readonly hasVisitor: boolean;
  readonly mayHaveVisitor: boolean;
  /** hosts from which this site takes visitors over */
  readonly linkDomains: readonly string[];
}

/** Null where the visitor may be taken over; else the reason why not. What is refused here is not used up. */
export const refuseHandover = (mark: Handover, arrival: Arrival, now: number): string | null => {
  if (arrival.method !== "GET") return "method";
  if (arrival.isBot) return "bot"; // of a message that shows what a link leads to, or of a search engine
  if (arrival.hasVisitor) return "visitor";
  if (!arrival.mayHaveVisitor) return "privacy";
  if (arrival.dest !== undefined && arrival.dest !== "document") return "dest";
  if (arrival.mode !== undefined && arrival.mode !== "navigate") return "mode";
  if (mark.to !== arrival.host) return "host";
  if (!arrival.linkDomains.includes(mark.from)) return "from";
  // A link that came by mail, or that somebody copied, has no referrer, or another: it makes nobody this visitor.
  if (hostOf(arrival.referrer) !== mark.from) return "referrer";
  if (now - mark.at > handoverMs || mark.at - now > skewMs) return "time";
  return isId(mark.visitorId) ? null : "id";
};

const hostOf = (url: string | undefined): string | null => (url ? (URL.parse(url)?.hostname ?? null) : null);

/** What the cookie of a visitor can hold. */
const isId = (id: string): boolean => parseUuid(id) !== null;
