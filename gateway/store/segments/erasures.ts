/** What has been erased and must not be shown, as conditions over sealed files and over events. */
import { createHmac } from "node:crypto";
import type { Event } from "../../model/event.ts";
import type { Db } from "../database.ts";
import type { Erasure } from "./segment.ts";
import { quote, quoteName } from "./sql-text.ts";

/** The rows that are erased, as SQL over the columns of a sealed file; `false` where nothing is. */
export const erasedRows = (erasures: readonly Erasure[]): string =>
  erasures.length === 0 ? "false" : erasures.map(conditionOf).join(" OR ");

const conditionOf = ({ site, column, value, upToSeq }: Erasure): string =>
  `(property_id = ${quote(site)} AND ${quoteName(column)} IS NOT DISTINCT FROM ${quote(value)} AND seq <= ${upToSeq})`;

/** Erasures that the files have yet to follow, for those who ask whether an event may be shown. */
export const isErased = (
  erasures: readonly Erasure[],
  seq: number,
  event: { readonly property_id: string },
): boolean =>
  erasures.some(
    (e) =>
      seq <= e.upToSeq &&
      event.property_id === e.site &&
      (event as Readonly<Record<string, unknown>>)[e.column] === e.value, // a column of the event, by its name
  );

/** The mark that stays of an erased visitor: nobody without the data folder's secret can tell whose it is. */
export const tombstoneOf = (secret: Buffer, site: string, clientId: string): Buffer =>
  createHmac("sha256", secret).update(`erased\0${site}\0${clientId}`).digest().subarray(0, 16);

/** Whether an event belongs to an erased visitor and is older than that: a client may send it long after. */
export const createTombstones = (db: Db, secret: Buffer): ((event: Event) => boolean) => {
  const find = db.prepare("SELECT at FROM tombstones WHERE hash = ?").pluck();
  if (db.prepare("SELECT 1 FROM tombstones LIMIT 1").get() === undefined) return () => false;
  return ({ property_id, client_id, timestamp_utc }) => {
    if (!client_id) return false;
    const at = find.get(tombstoneOf(secret, property_id, client_id)) as number | undefined;
    return at !== undefined && timestamp_utc <= at;
  };
};
