import type { Event } from "../model/event.ts";
import type { Projection, Referral, ReferralTable } from "../model/projection.ts";

/** Of a visitor the earliest are kept: more than one, because the first may prove to be the visitor himself. */
const keptReferrals = 10;

/** Keeps who sent a visitor first. Which of them counts is decided when it is read: users become known later. */
export const createReferralProjection = (table: ReferralTable): Projection => {
  /** what was written last of a visitor, so that the same is not looked up with every event of a visit */
  const written = new Map<number, string>();
  return {
    id: "referrals",
    apply({ event }) {
      if (!event.ref && !event.rcode && !event.aff) return;
      const visitor = table.visitor(event);
      if (visitor === null || event.bot) return;
      const referral = readReferral(event);
      const key = `${entityOf(referral)}\0${referral.at}`;
      const before = written.get(visitor);
      if (before !== undefined && isCovered(before, referral)) return;
      keep(table, visitor, referral);
      if (written.size >= rememberedVisitors) written.clear();
      written.set(visitor, key);
    },
    flush() {},
    forget: () => written.clear(),
  };
};

const rememberedVisitors = 10_000;

const readReferral = (event: Event): Referral => ({
  at: event.timestamp_utc,
  id: event.id,
  ref: event.ref ?? null,
  rcode: event.rcode ?? null,
  aff: event.aff ?? null,
});

const entityOf = ({ ref, rcode, aff }: Referral): string => JSON.stringify([ref, rcode, aff]);

const isCovered = (written: string, referral: Referral): boolean => {
  const end = written.lastIndexOf("\0");
  return written.slice(0, end) === entityOf(referral) && Number(written.slice(end + 1)) < referral.at;
};

/** Each entity once, at its earliest, and of these the earliest few: so the order of arrival does not matter. */
const keep = (table: ReferralTable, visitor: number, referral: Referral): void => {
  const before = table.list(visitor);
  const same = before.find((one) => entityOf(one) === entityOf(referral));
  if (same && compareReferrals(same, referral) <= 0) return;
  if (same) table.remove(visitor, same);
  const others = before.filter((one) => one !== same);
  const last = others.at(-1);
  if (others.length >= keptReferrals && last) {
    if (compareReferrals(last, referral) < 0) return;
    table.remove(visitor, last);
  }
  table.put(visitor, referral);
};

export const compareReferrals = (a: Referral, b: Referral): number =>
  a.at - b.at || (a.id === b.id ? 0 : a.id < b.id ? -1 : 1);
