/** Parameters of events as columns of their own. */
import type { Column, Event } from "../model/event.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { paramTypes } from "../model/params.ts";
import { isTagEvent } from "../model/tag-event.ts";
import { listParams } from "./params-list.ts";

/** Undefined where the event's protocol has no such column. */
export type Cell = Json | undefined;

/** Columns that events of a GA4 tag have, whether they were sent or not. */
export const gtagColumns: readonly Column[] = [
  { name: "params", type: "json", meaning: "parameters as sent, by name" },
  { name: "params_engagement_time_ms", type: "int", meaning: "engaged time as the client said" },
  { name: "params_ignore_referrer", type: "bool", meaning: "the page before is no source" },
  ...[...paramTypes].map(
    ([name, type]): Column => ({ name: columnOf(name), type, meaning: `parameter ${name}` }),
  ),
];

/** What stands where a GA4 tag sent nothing: it is not stored with every event. */
export const gtagDefaults: Readonly<Record<string, Json>> = {
  platform: "web",
  page_location: "",
  page_hostname: "",
  page_path: "",
  page_title: "",
  page_referrer: "",
  geo_country: "",
  geo_city: "",
  geo_continent: "",
  ecommerce_items: [],
  ecommerce_purchase_revenue: 0,
  ecommerce_refund_value: 0,
  ecommerce_shipping_value: 0,
  ecommerce_unique_items: 0,
  ecommerce_items_total_quantity: 0,
};

export const gtagCells = (event: Event): readonly Cell[] => {
  if (!isTagEvent(event)) return noCells;
  const properties = event.properties ?? {};
  return [
    listParams(event),
    event.engagement_time_ms ?? null,
    event.ignore_referrer ?? null,
    ...[...paramTypes.keys()].map((name) => own(properties, name)),
  ];
};

const noCells: readonly Cell[] = gtagColumns.map(() => undefined);

/** Parameters that events of a flat export have columns for, at most: the most used; others stay in `properties`. */
const flatColumns = 1000;

export interface Flat {
  readonly columns: readonly Column[];
  cells(event: Event): readonly Cell[];
  /** what has no column */
  rest(event: Event): Json;
}

/** A column for each property that these events have. */
export const flatten = (events: Iterable<Event>): Flat => {
  const counts = new Map<string, number>();
  for (const { properties } of events) {
    for (const name of Object.keys(properties ?? {})) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts]
    .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, flatColumns)
    .map(([name]) => name)
    .sort();
  const known = new Set(names);
  return {
    columns: names.map((name) => ({
      name: columnOf(name),
      type: paramTypes.get(name) ?? "json",
      meaning: `property ${name}`,
    })),
    cells: ({ properties }) => names.map((name) => own(properties ?? {}, name)),
    rest({ properties }) {
      const left = Object.entries(properties ?? {}).filter(([name]) => !known.has(name));
      return left.length === 0 ? null : Object.fromEntries(left);
    },
  };
};

/** The one parameter whose column has another name. */
function columnOf(name: string): string {
  return name === "content" ? "params_content_description" : `params_${name}`;
}

const own = (properties: JsonObject, name: string): Json =>
  Object.hasOwn(properties, name) ? (properties[name] ?? null) : null;
