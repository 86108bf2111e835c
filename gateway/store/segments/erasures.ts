/** What has been erased and must not be shown, as conditions over sealed files and over events. */
import { createHmac } from "node:crypto";
import { erasedId } from "../../model/erased.ts";
import type { Event } from "../../model/event.ts";
import type { Db } from "../database.ts";
import { ownerId } from "../owner-id.ts";
import type { Erasure } from "./segment.ts";
import { quote, quoteName } from "./sql-text.ts";

/** Columns in which the id of somebody else may stand: of whoever sent the visitor. */
export const referrerColumns = ["ref", "rcode", "aff"] as const;

/** The rows that are erased, as SQL over the columns of a sealed file; `false` where none is. */
export const erasedRows = (erasures: readonly Erasure[]): string =>
  anyOf(erasures.filter(({ column }) => column !== "referrer").map(rowCondition));

/** Rows of others that name whom is erased, likewise. */
export const namingRows = (erasures: readonly Erasure[]): string =>
  anyOf(
    erasures
      .filter(isOfReferrer)
      .flatMap((erasure) => referrerColumns.map((column) => nameCondition(erasure, column))),
  );

/** What to select of sealed files so that nobody who is erased is named any more. */
export const withoutNames = (erasures: readonly Erasure[]): string => {
  const named = erasures.filter(isOfReferrer);
  if (named.length === 0) return "*";
  const columns = referrerColumns.map((column) => {
    const isNamed = anyOf(named.map((erasure) => nameCondition(erasure, column)));
    return `CASE WHEN ${isNamed} THEN ${quote(erasedId)} ELSE ${column} END AS ${column}`;
  });
  return `* REPLACE (${columns.join(", ")})`;
};

const anyOf = (conditions: readonly string[]): string =>
  conditions.length === 0 ? "false" : conditions.join(" OR ");

const isOfReferrer = ({ column }: Erasure): boolean => column === "referrer";

// True or false of every row: what is neither would be taken for erased by whoever asks for the others.
const rowCondition = (erasure: Erasure): string => {
  const { column, value } = erasure;
  if (column === "owner")
    return `(${upTo(erasure)} AND client_id IS NULL AND user_id IS NOT DISTINCT FROM ${quote(value)})`;
  return `(${upTo(erasure)} AND ${quoteName(column)} IS NOT DISTINCT FROM ${quote(value)})`;
};

const nameCondition = (erasure: Erasure, column: string): string =>
  `(${upTo(erasure)} AND ${column} IS NOT DISTINCT FROM ${quote(erasure.value)})`;

const upTo = ({ site, upToSeq }: Erasure): string => `property_id = ${quote(site)} AND seq <= ${upToSeq}`;

/**
 * An event as it may be shown while the files have yet to follow the erasures: null where it is erased itself, without
 * the names of those who are.
 */
export const showEvent = (erasures: readonly Erasure[], seq: number, event: Event): Event | null => {
  let shown = event;
  for (const erasure of erasures) {
    if (seq > erasure.upToSeq || event.property_id !== erasure.site) continue;
    if (isOfReferrer(erasure)) shown = hideReferrer(shown, (id) => id === erasure.value);
    else if (isOf(erasure, event)) return null;
  }
  return shown;
};

const isOf = ({ column, value }: Erasure, event: Event): boolean => {
  if (column === "owner") return !event.client_id && event.user_id === value;
  return (event as unknown as Readonly<Record<string, unknown>>)[column] === value; // a column of the event, by its name
};

/** The event with the mark of erased people in the place of each referrer who is one; itself where none is. */
export const hideReferrer = (event: Event, isHidden: (id: string) => boolean): Event => {
  let shown = event;
  for (const column of referrerColumns) {
    const id = event[column];
    if (id && isHidden(id)) shown = { ...shown, [column]: erasedId };
  }
  return shown;
};

/** The mark that stays of an erased visitor: nobody without the data folder's secret can tell whose it is. */
export const tombstoneOf = (secret: Buffer, site: string, clientId: string): Buffer =>
  markOf(secret, "erased", site, clientId);

/** The mark by which it is known that an id must not be stored as a referrer's any more. */
export const referrerTombstoneOf = (secret: Buffer, site: string, id: string): Buffer =>
  markOf(secret, "erased referrer", site, id);

const markOf = (secret: Buffer, kind: string, site: string, id: string): Buffer =>
  createHmac("sha256", secret).update(`${kind}\0${site}\0${id}`).digest().subarray(0, 16);

/** What is known of erased people once nothing else of them is. */
export interface Tombstones {
  /** Whether an event belongs to an erased visitor and is older than that: a client may send it long after. */
  isBuried(event: Event): boolean;
  /** The event without the names of erased people: links that they shared are followed for years. */
  hide(event: Event): Event;
  /** Somebody was erased. */
  forget(): void;
}

export const createTombstones = (db: Db, secretOf: () => Buffer): Tombstones => {
  const newest = db.prepare("SELECT max(at) FROM tombstones").pluck();
  const find = db.prepare("SELECT at FROM tombstones WHERE hash = ?").pluck();
  let known: Known | null = null;

  const look = (): Known => {
    const last = newest.get() as number | null;
    return last === null ? nobodyErased : { newest: last, secret: secretOf() };
  };

  return {
    isBuried({ property_id, client_id, user_id, timestamp_utc }) {
      known ??= look();
      // Mostly answered here: hashing each event's visitor would cost a tenth of what storing it does.
      if (known.secret === null || timestamp_utc > known.newest) return false;
      const id = client_id || (user_id ? ownerId(user_id) : null);
      if (id === null) return false;
      const at = find.get(tombstoneOf(known.secret, property_id, id)) as number | undefined;
      return at !== undefined && timestamp_utc <= at;
    },
    hide(event) {
      if (!event.ref && !event.rcode && !event.aff) return event;
      known ??= look();
      const { secret } = known;
      if (secret === null) return event;
      const isErased = (id: string) =>
        find.get(referrerTombstoneOf(secret, event.property_id, id)) !== undefined;
      return hideReferrer(event, isErased);
    },
    forget() {
      known = null;
    },
  };
};

interface Known {
  /** when somebody was last erased, ms */
  readonly newest: number;
  /** null where nobody was */
  readonly secret: Buffer | null;
}

const nobodyErased: Known = { newest: 0, secret: null };
