import { type Event, eventColumns } from "../model/event.ts";
import type { Json, JsonObject } from "../model/json.ts";
import type { Site } from "../model/site.ts";
import type { Pass } from "./pass.ts";
import { createRates, type RateReader, roundCents } from "./rates.ts";

/** An amount and the column for its worth in USD: every pair `x`, `x_in_usd` of the event. */
const pairs: readonly (readonly [amount: string, usd: string])[] = eventColumns
  .map(({ name }) => [name.replace(/_in_usd$/, ""), name] as const)
  .filter(([amount, usd]) => amount !== usd);

/** Amounts of goods that have a worth in USD beside them. */
const itemAmounts = ["price", "item_revenue", "item_refund"] as const;

/** Amounts in USD at the rate of the event's own day. Without a currency or its rate there is none. */
export const fillUsd = (): Pass => {
  const ratesOf = new WeakMap<Site, RateReader>();
  return (event, { site }) => {
    if (!event.currency) return;
    const rates = ratesOf.get(site) ?? ratesOrNone(site);
    ratesOf.set(site, rates);
    const rate = rates(event.currency.toUpperCase(), event.timestamp_utc);
    if (rate === null) return;
    const columns = event as unknown as Record<string, Json | undefined>; // both names are columns, by `pairs`
    for (const [amount, usd] of pairs) {
      const value = columns[amount];
      if (typeof value === "number") columns[usd] ??= roundCents(value * rate);
    }
    fillItems(event, columns, rate);
  };
};

/** The settings were checked at the start: a file that has gone since must not stop events. */
const ratesOrNone = (site: Site): RateReader => {
  try {
    return createRates(site.currencyRates);
  } catch {
    return createRates({});
  }
};

const fillItems = (event: Event, columns: Record<string, Json | undefined>, rate: number): void => {
  for (const name of ["items", "ecommerce_items"]) {
    const items = columns[name];
    if (!Array.isArray(items) || event.tracking_protocol === "native") continue;
    columns[name] = items.map((item: Json) => withUsd(item, rate));
  }
};

const withUsd = (item: Json, rate: number): Json => {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  const fields = item as JsonObject; // an object that is no list
  const usd: Record<string, Json> = {};
  for (const name of itemAmounts) {
    const value = fields[name];
    if (typeof value === "number") usd[`${name}_in_usd`] = roundCents(value * rate);
  }
  return { ...fields, ...usd };
};
