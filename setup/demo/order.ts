/** What the shop sells, and how an order is read. */
export interface Plan {
  /** euros, per delivery */
  readonly price: number;
  /** bags in a delivery */
  readonly bags: number;
}

export const plans = {
  single: { price: 12.5, bags: 1 },
  fortnight: { price: 11, bags: 1 },
  pair: { price: 21, bags: 2 },
} as const satisfies Readonly<Record<string, Plan>>;

export type PlanKey = keyof typeof plans;

export interface Order {
  readonly plan: PlanKey;
  /** deliveries' worth, 1 to 6 */
  readonly quantity: number;
}

export type ReadOrder =
  | { readonly kind: "order"; readonly order: Order; readonly from: "json" | "form" }
  | { readonly kind: "wrong"; readonly reason: string };

/** Reads JSON, or the form that a browser without JavaScript sends. */
export const readOrder = (body: string, contentType: string): ReadOrder => {
  const from = contentType.startsWith("application/x-www-form-urlencoded") ? "form" : "json";
  const fields = from === "form" ? Object.fromEntries(new URLSearchParams(body)) : parseObject(body);
  if (fields === null)
    return wrong('An order is a JSON object such as {"plan": "fortnight", "quantity": 1}.');
  const { plan, quantity = 1 } = fields;
  if (!isPlan(plan)) return wrong(`"plan" must be one of ${Object.keys(plans).join(", ")}.`);
  const count = from === "form" ? Number(quantity) : quantity;
  if (!isQuantity(count)) return wrong('"quantity" must be a whole number from 1 to 6.');
  return { kind: "order", order: { plan, quantity: count }, from };
};

const wrong = (reason: string): ReadOrder => ({ kind: "wrong", reason });

const parseObject = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null; // every field is checked before use
  } catch {
    return null;
  }
};

const isPlan = (value: unknown): value is PlanKey => typeof value === "string" && Object.hasOwn(plans, value);

const isQuantity = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 6;
