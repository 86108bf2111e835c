/** What was bought or given back: the goods with their worth, and the totals of the event. */
import type { Event } from "../../model/event.ts";
import { type Notes, note } from "../native/notes.ts";
import type { Item } from "./items.ts";

/** What the event says beside its goods. */
export interface Deal {
  readonly value: number | null;
  readonly shipping: number | null;
  readonly tax: number | null;
  /** fills in what an item does not say itself */
  readonly ofAll: Readonly<Record<string, string | null>>;
}

/** Parameters of the event that hold for each of its goods. */
const sharedItemFields = [
  "item_list_id",
  "item_list_name",
  "creative_name",
  "creative_slot",
  "promotion_id",
  "promotion_name",
] as const;

/**
 * Money and order of an event: out of its parameters, which are typed by now. `currency` is the field's of its own, and
 * stands behind the parameter of that name.
 */
export const readDeal = (
  event: Event,
  properties: Readonly<Record<string, unknown>>,
  currency: string | undefined,
  notes: Notes,
): Deal => {
  const value = numberIn(properties["value"]);
  if (value !== null) event.value = value;
  const order = textIn(properties["transaction_id"]);
  if (order !== null) event.order_id = order;
  putCurrency(event, textIn(properties["currency"]) ?? currency, notes);
  return {
    value,
    shipping: numberIn(properties["shipping"]),
    tax: numberIn(properties["tax"]),
    ofAll: Object.fromEntries(sharedItemFields.map((name) => [name, textIn(properties[name])])),
  };
};

const putCurrency = (event: Event, text: string | undefined, notes: Notes): void => {
  if (text === undefined) return;
  const code = text.trim();
  if (/^[A-Za-z]{3}$/.test(code)) event.currency = code.toUpperCase();
  else note(notes, "currency", "expected three letters (ISO 4217)");
};

const numberIn = (value: unknown): number | null => (typeof value === "number" ? value : null);
const textIn = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Events that speak of goods, where one that is named without a number is one piece. */
const commerceEvents: ReadonlySet<string> = new Set([
  "add_payment_info",
  "add_shipping_info",
  "add_to_cart",
  "add_to_wishlist",
  "begin_checkout",
  "purchase",
  "refund",
  "remove_from_cart",
  "select_item",
  "select_promotion",
  "view_cart",
  "view_item",
  "view_item_list",
  "view_promotion",
]);

/** Writes goods and totals onto an event that has any. */
export const putCommerce = (event: Event, items: readonly Item[], deal: Deal): void => {
  const isPurchase = event.name === "purchase";
  const isRefund = event.name === "refund";
  if (deal.tax !== null) event.ecommerce_tax_value = deal.tax;
  // Nothing in a currency is worth nothing in dollars; without one there is no more to say than the export knows.
  if (items.length === 0 && !isPurchase && !isRefund && !event.currency) return;
  const priced = items.map((item) => withWorth(item, event.name, deal.ofAll));
  const worth = worthOf(items, priced, deal.value);
  event.ecommerce_purchase_revenue = isPurchase ? worth : 0;
  event.ecommerce_refund_value = isRefund ? worth : 0;
  event.ecommerce_shipping_value = isPurchase || isRefund ? (deal.shipping ?? 0) : 0;
  event.ecommerce_unique_items = new Set(items.map((item) => item["item_id"] ?? item["item_name"])).size;
  event.ecommerce_items_total_quantity = sum(priced, "quantity");
  if (priced.length > 0) event.ecommerce_items = priced;
  if (isPurchase && priced.length > 0) event.value ??= worth;
};

const withWorth = (item: Item, name: string, ofAll: Deal["ofAll"]): Item => {
  const said = numberIn(item["quantity"]);
  const price = numberIn(item["price"]);
  const isPiece = price !== null || commerceEvents.has(name);
  const quantity = said ?? (isPiece ? 1 : 0);
  const worth = roundMicros((price ?? 0) * quantity);
  const full: Item = { ...item, price: price ?? 0, quantity };
  for (const field of sharedItemFields) {
    const shared = ofAll[field];
    if (shared && full[field] === undefined) full[field] = shared;
  }
  full["item_revenue"] = name === "refund" ? 0 : worth;
  full["item_refund"] = name === "refund" ? worth : 0;
  return full;
};

/** Of goods without prices the event's own value is the worth. */
const worthOf = (items: readonly Item[], priced: readonly Item[], value: number | null): number => {
  if (value !== null && !items.some((item) => item["price"] !== undefined)) return value;
  return roundMicros(sum(priced, "item_revenue") + sum(priced, "item_refund"));
};

const sum = (items: readonly Item[], field: string): number => {
  let total = 0;
  for (const item of items) total += numberIn(item[field]) ?? 0;
  return roundMicros(total);
};

/** Sums of decimal fractions carry the dust of binary ones: whole millionths do not. */
const roundMicros = (amount: number): number =>
  Math.abs(amount) < 1e9 ? Math.round(amount * 1e6) / 1e6 : amount;
