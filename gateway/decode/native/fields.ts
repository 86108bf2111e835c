/** What the keys of a native hit mean: one table, made of the columns' own `native` lists. */
import { contactNames, secretNames } from "../../lib/secret-names.ts";
import {
  type ClientFacts,
  type Column,
  type ColumnName,
  type ColumnType,
  eventColumns,
} from "../../model/event.ts";
import { personalColumns } from "../../model/personal-columns.ts";
import type { ContactKind } from "./contacts.ts";
import { type Refinement, refinements } from "./refine.ts";

export interface ColumnField {
  readonly kind: "column";
  readonly column: ColumnName;
  readonly type: ColumnType;
  /** place among the keys that fill the same column: the lowest wins */
  readonly rank: number;
  /** says who somebody is: never read where tracking is off */
  readonly personal: boolean;
  /** what its type does not say; undefined where that is nothing */
  readonly refinement: Refinement | undefined;
}

export type Meaning =
  | ColumnField
  | { readonly kind: "params" }
  | { readonly kind: "contact"; readonly contact: ContactKind }
  /** told the original tracker something, says nothing about the event */
  | { readonly kind: "marker" }
  | { readonly kind: "secret" }
  /** what the site's own server says of the client it speaks for: never stored as it is */
  | { readonly kind: "client"; readonly fact: keyof ClientFacts }
  /** an id of the visitor that has no column: a property, except where tracking is off */
  | { readonly kind: "advertisingId" };

/** What a key means to us, in any case and with or without `utm_`; undefined makes it a property. */
export const meaningOf = (key: string): Meaning | undefined => {
  const exact = table.get(key);
  if (exact !== undefined || key.length > maxKeyLength) return exact;
  const lower = key.toLowerCase();
  const meaning = table.get(lower);
  if (meaning !== undefined) return meaning;
  return lower.startsWith("utm_") ? table.get(lower.slice(4)) : undefined;
};

/** Keys that the original script lifts out of `params`, and whether they stay there as well. */
export const liftOf = (key: string): { field: ColumnField; keep: boolean } | undefined =>
  key.length > maxKeyLength ? undefined : (lifts.get(key) ?? lifts.get(key.toLowerCase()));

/** What our script leaves in the properties as the page gave it: the amount, under these very names. */
export const amountOf = (key: string): ColumnField | undefined => amounts.get(key);

const personal: ReadonlySet<ColumnName> = new Set(personalColumns);

const contactKinds: Readonly<Record<string, ContactKind>> = {
  email: "email",
  cell: "phone",
  uname: "username",
};

const columnField = ({ name, type }: { name: ColumnName; type: ColumnType }, rank: number): ColumnField => ({
  kind: "column",
  column: name,
  type,
  rank,
  personal: personal.has(name),
  refinement: refinements.get(name),
});

const buildTable = (): Map<string, Meaning> => {
  const table = new Map<string, Meaning>();
  for (const column of eventColumns) {
    const { native = [] }: Column = column;
    for (const [rank, key] of native.entries()) table.set(key, columnField(column, rank));
    // The campaign columns' own names, and the click ids as the advertisers name them.
    if (column.name.startsWith("utm_")) table.set(column.name, columnField(column, 0));
    if (column.name.startsWith("click_id_")) table.set(column.name.slice(9), columnField(column, 0));
    // `content` is campaign content that names an event without a name: see classify.ts.
    if (column.name === "utm_content") table.set("content", columnField(column, 0));
  }
  for (const key of secretNames) table.set(key, { kind: "secret" });
  for (const key of contactNames)
    table.set(key, { kind: "contact", contact: contactKinds[key] ?? "username" });
  for (const key of ["acct", "tu", "igqp", "iphash"]) table.set(key, { kind: "marker" });
  table.set("ip", { kind: "client", fact: "address" });
  table.set("user_agent", { kind: "client", fact: "userAgent" });
  for (const key of ["gaid", "idfa", "msid", "fbid", "fbp", "fbc"]) table.set(key, { kind: "advertisingId" });
  table.set("params", { kind: "params" });
  return table;
};

const table = buildTable();
const maxKeyLength = Math.max(...[...table.keys()].map((key) => key.length)) + "utm_".length;

const liftRank = 9;
const liftedField = (key: string): ColumnField => {
  const meaning = table.get(key);
  if (meaning?.kind !== "column") throw new Error(`native: no column is filled by ${key}`);
  return { ...meaning, rank: liftRank };
};

const lifts = new Map<string, { field: ColumnField; keep: boolean }>();
for (const key of ["sink", "score", "ename", "outcome", "aff", "ref"])
  lifts.set(key, { field: liftedField(key), keep: key === "aff" || key === "ref" });
for (const [key, meaning] of table) {
  if (meaning.kind === "column" && key.startsWith("utm_"))
    lifts.set(key, { field: liftedField(key), keep: true });
}
const amounts = new Map(["value", "currency"].map((key) => [key, liftedField(key)]));
