/** Reads the sealed past of several people at once, aside: a child process for each site that they are of. */
import type { Event } from "../../model/event.ts";
import type { Stored } from "../../model/event-store.ts";
import { userOfOwner, visitorIdOf } from "../owner-id.ts";
import type { Match } from "./read-job.ts";
import { findSealedAside } from "./sealed-reader.ts";

export interface Visitor {
  readonly site: string;
  readonly id: string;
  readonly bot: number;
}

/** A person whose sealed events are asked for. */
export interface Wanted {
  /** what his events depend on, as text */
  readonly key: string;
  /** sequences up to this are in files alone */
  readonly dropped: number;
  /** one at least; all of one site */
  readonly visitors: readonly Visitor[];
}

/** Each person's events by his key, in order of arrival; null where they are more than `most` together. */
export const readHistory = async (
  dir: string,
  wanted: readonly Wanted[],
  most: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly Stored[]> | null> => {
  const found = new Map<string, Stored[]>(wanted.map(({ key }) => [key, []]));
  let count = 0;
  for (const [, ofSite] of Map.groupBy(wanted, ({ visitors }) => visitors[0]?.site)) {
    const visitors = ofSite.flatMap((one) => one.visitors);
    const keysOf = keysByVisitor(ofSite);
    const dropped = Math.max(...ofSite.map((one) => one.dropped));
    for await (const stored of findSealedAside(dir, dropped, matchOf(visitors), signal)) {
      for (const key of keysOf.get(visitorOf(stored.event)) ?? []) {
        found.get(key)?.push(stored);
        if (++count > most) return null;
      }
    }
  }
  return found;
};

/** A visitor may be asked for alone, and with those whom he was joined to meanwhile. */
const keysByVisitor = (wanted: readonly Wanted[]): ReadonlyMap<string, readonly string[]> => {
  const keys = new Map<string, string[]>();
  for (const { key, visitors } of wanted) {
    for (const { bot, id } of visitors) {
      const name = `${bot} ${id}`;
      const known = keys.get(name);
      if (known) known.push(key);
      else keys.set(name, [key]);
    }
  }
  return keys;
};

const visitorOf = (event: Event): string => `${event.bot ? 1 : 0} ${visitorIdOf(event) ?? ""}`;

/** Of the events that were found for these visitors, which are theirs. */
export const belongsTo = (visitors: readonly Visitor[], event: Event): boolean =>
  visitorIdOf(event) !== null && (event.bot ? 1 : 0) === visitors[0]?.bot;

export const matchOf = (visitors: readonly Visitor[]): Match => {
  return { ...(visitors[0] && { site: visitors[0].site }), ...matchIds(visitors.map(({ id }) => id)) };
};

/** Events that may be of visitors with these ids. */
export const matchIds = (ids: readonly string[]): Pick<Match, "clientIds" | "userIds"> => ({
  clientIds: [...new Set(ids.filter((id) => userOfOwner(id) === null))],
  userIds: [...new Set(ids.map(userOfOwner).filter((user) => user !== null))],
});
