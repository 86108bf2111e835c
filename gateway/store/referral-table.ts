import type { Event } from "../model/event.ts";
import type { Referral, ReferralTable } from "../model/projection.ts";
import type { Db } from "./database.ts";

/** Who sent a visitor, in SQLite. */
export const createReferralTable = (db: Db, visitor: (event: Event) => number | null): ReferralTable => {
  const list = db.prepare("SELECT at, id, ref, rcode, aff FROM referrals WHERE visitor = +? ORDER BY at, id");
  const put = db.prepare(
    "INSERT INTO referrals (visitor, at, id, ref, rcode, aff) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const remove = db.prepare("DELETE FROM referrals WHERE visitor = +? AND at = +? AND id = +?");
  return {
    visitor,
    list: (no) => list.all(no) as Referral[],
    put: (no, { at, id, ref, rcode, aff }) => void put.run(no, at, id, ref, rcode, aff),
    remove: (no, { at, id }) => void remove.run(no, at, id),
  };
};
