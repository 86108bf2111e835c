import { createCache } from "../lib/cache.ts";
import type { Event } from "../model/event.ts";
import type { Db } from "./database.ts";

/** Small numbers for sites and people, so that other tables stay small and grow in order. */
export interface Numbers {
  site(id: string): number;
  /** The person behind an event; null where it has no visitor or makes none. */
  person(event: Event): number | null;
  forget(): void;
}

export const createNumbers = (db: Db): Numbers => {
  const sites = new Map<string, number>();
  const people = createCache<string, number>(50_000);
  const findSite = db.prepare("SELECT no FROM sites WHERE id = ?").pluck();
  const addSite = db.prepare("INSERT INTO sites (id) VALUES (?)");
  const find = db.prepare("SELECT no FROM visitors WHERE site = ? AND client_id = ? AND bot = ?").pluck();
  const add = db.prepare("INSERT INTO visitors (site, client_id, bot, label) VALUES (?, ?, ?, ?)");

  const site = (id: string): number => {
    let no = sites.get(id);
    if (no === undefined) {
      no = (findSite.get(id) as number | undefined) ?? Number(addSite.run(id).lastInsertRowid);
      sites.set(id, no);
    }
    return no;
  };

  return {
    site,
    person(event) {
      // A served document alone makes no visitor: whether somebody saw it, its page view says.
      if (!event.client_id || event.type === "log") return null;
      const bot = event.bot ? 1 : 0;
      const key = `${bot}${event.property_id} ${event.client_id}`;
      let no = people.get(key);
      if (no === undefined) {
        const siteNo = site(event.property_id);
        no =
          (find.get(siteNo, event.client_id, bot) as number | undefined) ??
          Number(add.run(siteNo, event.client_id, bot, event.traffic_filter_name ?? null).lastInsertRowid);
        people.set(key, no);
      }
      return no;
    },
    forget() {
      sites.clear();
      people.clear();
    },
  };
};
