import { dirname } from "node:path";
import type { Event } from "../model/event.ts";
import type { Db } from "./database.ts";
import { visitorIdOf } from "./owner-id.ts";
import { readState } from "./segments/manifest.ts";
import { matchIds } from "./segments/read-history.ts";
import { findSealed } from "./segments/sealed-reader.ts";

/** fromAt ≤ event time ≤ toAt */
export interface Span {
  readonly person: number;
  readonly site: string;
  readonly fromAt: number;
  readonly toAt: number;
}

/** What lies in files alone: events up to a sequence, none of them later than a time, ms. */
interface SealedPlace {
  readonly dropped: number;
  readonly droppedUntil: number;
}

export interface SealedSpans {
  /** to be read at the moment at which the journal is */
  place(): SealedPlace;
  /** for each span the person's events in it that the journal had no longer at that moment */
  events(spans: readonly Span[], place: SealedPlace): readonly (readonly Event[])[];
}

/** Reads what is in sealed files alone, for many people at once: one child process for each site that is asked of. */
export const createSealedSpans = (db: Db): SealedSpans => {
  const members = db.prepare(
    "SELECT client_id AS id, bot FROM visitors WHERE no = +:person OR joined_to = +:person",
  );
  const dir = dirname(db.name);

  const find = (site: string, spans: readonly Span[], dropped: number): ReadonlyMap<number, Event[]> => {
    const people = new Map<string, number>();
    for (const { person } of spans) {
      for (const { id, bot } of members.all({ person }) as Member[]) people.set(`${bot} ${id}`, person);
    }
    const found = findSealed(dir, dropped, {
      site,
      ...matchIds([...people.keys()].map((key) => key.slice(2))),
      from: Math.min(...spans.map(({ fromAt }) => fromAt)),
      to: Math.max(...spans.map(({ toAt }) => toAt)) + 1,
    });
    const byPerson = new Map<number, Event[]>();
    for (const { event } of found) {
      const person = people.get(`${event.bot ? 1 : 0} ${visitorIdOf(event) ?? ""}`);
      if (person === undefined) continue;
      const events = byPerson.get(person);
      if (events) events.push(event);
      else byPerson.set(person, [event]);
    }
    return byPerson;
  };

  return {
    place: () => readState(db),
    events(spans, { dropped, droppedUntil }) {
      const old = dropped === 0 ? [] : spans.filter(({ fromAt }) => fromAt <= droppedUntil);
      if (old.length === 0) return [];
      const bySite = Map.groupBy(old, ({ site }) => site);
      const found = new Map([...bySite].map(([site, of]) => [site, find(site, of, dropped)] as const));
      return spans.map(({ person, site, fromAt, toAt }) =>
        (found.get(site)?.get(person) ?? []).filter(({ timestamp_utc: at }) => at >= fromAt && at <= toAt),
      );
    },
  };
};

interface Member {
  readonly id: string;
  readonly bot: 0 | 1;
}
