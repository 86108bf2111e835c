import { createCache } from "../lib/cache.ts";
import type { Event } from "../model/event.ts";
import type { IdentityTable, Joiner, Projection, ReferralTable, VisitorNode } from "../model/projection.ts";
import type { Db } from "./database.ts";
import { createIdentityTable } from "./identity-table.ts";
import { visitorIdOf } from "./owner-id.ts";
import type { PersonEvents } from "./person-events.ts";
import { createReferralTable } from "./referral-table.ts";
import { createRegrouper } from "./regroup.ts";

/** Small numbers for sites and people, so that other tables stay small and grow in order. */
export interface Numbers extends People {
  site(id: string): number;
  /**
   * The person behind an event; null where it has no visitor or makes none. The event may join visitors, so that a
   * number got for an event before it may be another person's by now.
   */
  person(event: Event): number | null;
  forget(): void;
}

/** What projections may know and change of who is who. */
export interface People {
  readonly identities: IdentityTable;
  readonly referrals: ReferralTable;
  /** Sets what reads events for who somebody is, and who is told when visitors are joined or parted. */
  joinBy(joiner: Joiner, told: readonly Pick<Projection, "settle" | "regroup">[]): void;
  /** Until `resume`, events join nobody: they are read again. */
  pause(): void;
  resume(): void;
}

export const createNumbers = (db: Db, personEvents: Pick<PersonEvents, "flush">): Numbers => {
  const sites = new Map<string, number>();
  const nodes = createCache<string, Node>(50_000);
  const findSite = db.prepare("SELECT no FROM sites WHERE id = +?").pluck();
  const addSite = db.prepare("INSERT INTO sites (id) VALUES (?)");
  const find = db.prepare(
    "SELECT no, joined_to AS person FROM visitors WHERE site = +? AND client_id = +? AND bot = +?",
  );
  const add = db.prepare("INSERT INTO visitors (site, client_id, bot, label) VALUES (?, ?, ?, ?)");
  const place = db.prepare("SELECT site, client_id AS id FROM visitors WHERE no = +?");
  let joiner: Joiner | null = null;
  let paused = false;
  let told: readonly Pick<Projection, "settle" | "regroup">[] = [];

  const site = (id: string): number => {
    let no = sites.get(id);
    if (no === undefined) {
      no = (findSite.get(id) as number | undefined) ?? Number(addSite.run(id).lastInsertRowid);
      sites.set(id, no);
    }
    return no;
  };

  const node = (siteNo: number, clientId: string, bot: 0 | 1, label: string | null): Node => {
    const key = keyOf(siteNo, clientId, bot);
    const cached = nodes.get(key);
    if (cached) return cached;
    const row = find.get(siteNo, clientId, bot) as { no: number; person: number | null } | undefined;
    const no = row?.no ?? Number(add.run(siteNo, clientId, bot, label).lastInsertRowid);
    const found: Node = { no, site: siteNo, person: row?.person ?? no, known: null };
    nodes.set(key, found);
    return found;
  };

  const nodeOf = (event: Event): Node | null => {
    const clientId = visitorIdOf(event);
    if (!clientId) return null;
    return node(site(event.property_id), clientId, event.bot ? 1 : 0, event.traffic_filter_name ?? null);
  };

  const regrouper = createRegrouper(db, {
    personEvents,
    nodeOf,
    settle: (people) => {
      for (const one of told) one.settle?.(people);
    },
    moved(visitor, person) {
      const row = place.get(visitor) as { site: number; id: string } | undefined;
      const known = row && nodes.get(keyOf(row.site, row.id, 0));
      if (known) known.person = person;
    },
    regroup(change) {
      for (const one of told) one.regroup?.(change);
    },
  });

  return {
    site,
    person(event) {
      const found = nodeOf(event);
      if (found === null) return null;
      if (!joiner || paused || event.bot || !claims(event)) return found.person;
      joiner(event, found);
      return found.person;
    },
    identities: createIdentityTable(db, {
      ...regrouper,
      visitor: (siteNo, clientId) => node(siteNo, clientId, 0, null),
    }),
    referrals: createReferralTable(db, (event) => nodeOf(event)?.no ?? null),
    joinBy(nextJoiner, nextTold) {
      joiner = nextJoiner;
      told = nextTold;
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
    },
    forget() {
      sites.clear();
      nodes.clear();
      paused = false;
    },
  };
};

interface Node extends VisitorNode {
  /** number of the person: the visitor's own, or that of one he was joined to */
  person: number;
}

const keyOf = (site: number, clientId: string, bot: 0 | 1): string => `${bot}${site} ${clientId}`;

const claims = (event: Event): boolean =>
  (event.user_claim !== undefined && event.user_claim !== null) ||
  (event.session_stamp !== undefined && event.session_stamp !== null);
