/**
 * Payments as the site's server reports them: one event a line. A line of an invoice is one event however often it is
 * sent, because its id is made of the invoice and the line.
 */
import type { Event, Keyed } from "../../model/event.ts";
import type { Hit } from "../../model/hit.ts";
import { hashedId, parseUuid } from "../../model/ids.ts";
import type { Json } from "../../model/json.ts";
import type { Decoded, Reject } from "../../model/protocol.ts";
import type { Body, Item } from "./body.ts";
import { buildEvent, type Context } from "./build-event.ts";
import type { Source } from "./gather.ts";
import { type Notes, note } from "./notes.ts";
import { splitLine } from "./payment-fields.ts";
import { sharedFields } from "./shared-fields.ts";

export interface PaymentHit {
  readonly hit: Hit;
  readonly body: Body;
  /** what path and query say */
  readonly outer: readonly Source[];
  readonly notes: Notes;
  readonly batchEvents: number;
}

/** The payments of a hit. One without an amount is a reject: nothing was paid. */
export const decodePayments = (asked: PaymentHit, context: Context): Decoded => {
  const { hit, body, batchEvents } = asked;
  const rejects: Reject[] = [...body.rejects];
  if (isQuestion(asked)) return { events: [], rejects };
  const found = linesOf(asked, rejects);
  const events: Keyed[] = [];
  const counts = new Map<string, number>();
  for (const line of found.slice(0, batchEvents)) {
    const event = buildPayment(hit, line, asked.notes, counts, context);
    if (event) events.push(event);
    else rejects.push({ reason: "a payment without an amount (total, payment, amt or revenue)", sample: "" });
  }
  if (found.length > batchEvents) {
    rejects.push({
      reason: `over ${batchEvents} payments in one request: ${found.length - batchEvents} after them left out`,
      sample: "",
    });
  }
  return { events, rejects: rejects.slice(0, maxRejects) };
};

interface Line {
  readonly fields: Fields;
  readonly item: Item;
}

type Fields = Readonly<Record<string, unknown>>;

const maxRejects = 20;
const noPayment: Reject = { reason: "expected an object in the list of payments", sample: "" };

/** A GET that names somebody and no amount asks what he has paid. */
const isQuestion = ({ hit, outer }: PaymentHit): boolean => {
  if (hit.method !== "GET") return false;
  const said = new Set(outer.flatMap(({ fields }) => Object.keys(fields).map((key) => key.toLowerCase())));
  return askable.some((key) => said.has(key)) && !amountKeys.some((key) => said.has(key));
};

const askable = ["orid", "order_id", "uid", "vid"];

/** Every line of the body; `payments` of an object are lines of which the rest of the object holds. */
const linesOf = ({ body, outer, notes, hit }: PaymentHit, rejects: Reject[]): readonly Line[] => {
  if (body.kind === "empty") {
    const fields = Object.fromEntries(outer.flatMap((source) => Object.entries(firstValues(source))));
    return [{ fields, item: { fields, text: hit.body, line: 0 } }];
  }
  const said = body.outer ? [...outer, { fields: body.outer, repeats: false }] : outer;
  const lines: Line[] = [];
  const put = (shared: Fields, own: Fields, text: string | null): void => {
    const fields = { ...shared, ...own };
    lines.push({ fields, item: { fields, text, line: lines.length } });
  };
  for (const { fields, text } of body.items) {
    const { payments, ...rest } = fields;
    if (!Array.isArray(payments)) put(sharedFields(said, notes).fields, fields, text);
    else {
      const shared = sharedFields([...said, { fields: rest, repeats: false }], notes).fields;
      for (const payment of payments) {
        if (isObject(payment)) put(shared, payment, null);
        else if (rejects.length < maxRejects) rejects.push(noPayment);
      }
    }
  }
  return lines;
};

const firstValues = ({ fields, repeats }: Source): Fields =>
  repeats
    ? Object.fromEntries(Object.entries(fields).map(([key, v]) => [key, Array.isArray(v) ? v[0] : v]))
    : fields;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const buildPayment = (
  hit: Hit,
  line: Line,
  outerNotes: Notes,
  counts: Map<string, number>,
  context: Context,
): Keyed | null => {
  const notes = [...outerNotes];
  const { fields, parts } = splitLine(line.fields, notes);
  const amount = amountOf(parts, hit.base);
  if (amount === null) return null;
  const paidAt = numberOf(parts["paid_at"] ?? parts["paid"]);
  const timed = paidAt === null ? fields : { created: paidAt, ...fields };
  const own = { fields: timed, repeats: false };
  const keyed = buildEvent(hit, [own], line.item, undefined, notes, context);
  const refunds = saysRefund(keyed.event);
  const value = refunds ? -Math.abs(amount) : amount;
  const event: Event = {
    ...keyed.event,
    type: "payment",
    name: value < 0 ? "refund" : "payment",
    value,
    properties: { ...keyed.event.properties, ...parts },
  };
  // The newer layout's payments are in dollars unless they say otherwise, readable or not; the older one's said nothing.
  const isUnread = event.problems?.some(({ field }) => field === "currency") === true;
  if (event.currency === undefined && !isUnread && isNewer(hit.base)) event.currency = "USD";
  // There an invoice is its order, unless the line names another.
  const invoice = invoiceOf(parts);
  if (event.order_id === undefined && invoice !== undefined && isNewer(hit.base))
    event.order_id = String(invoice);
  return keyPayment(event, keyed, parts, counts, line);
};

const invoiceOf = (parts: Readonly<Record<string, Json>>): Json | undefined =>
  parts["invid"] ?? parts["invoice_id"];

const amountKeys = ["total", "payment", "amt", "revenue"];

/** In the older layout what counts towards a lifetime value is `amt`; in the newer the total, else `revenue`, else `amt`. */
const amountOrder = {
  older: ["amt", "payment", "total", "revenue"],
  newer: ["total", "payment", "revenue", "amt"],
} as const;

/** What was paid, under the names that the layout has for it. */
const amountOf = (parts: Readonly<Record<string, Json>>, base: string | undefined): number | null => {
  for (const key of amountOrder[isNewer(base) ? "newer" : "older"]) {
    const amount = numberOf(parts[key]);
    if (amount !== null) return amount;
  }
  return null;
};

const isNewer = (base: string | undefined): boolean => base?.endsWith("/ltv/") ?? false;

const numberOf = (value: Json | undefined): number | null => (typeof value === "number" ? value : null);

const saysRefund = ({ event_category, properties }: Event): boolean =>
  event_category === "refund" || properties?.["refund"] === true || properties?.["refund"] === "true";

/**
 * An `eid` of the sender is the id. Else invoice and line are: `line`, or the product and which of the invoice's lines
 * with that product it is. Refunds are apart, by their amount and time: a line can be refunded in parts.
 */
const keyPayment = (
  event: Event,
  keyed: Keyed,
  parts: Readonly<Record<string, Json>>,
  counts: Map<string, number>,
  { fields }: Line,
): Keyed => {
  const client = keyed.client === undefined ? {} : { client: keyed.client };
  if (typeof fields["eid"] === "string" && parseUuid(fields["eid"]) !== null) {
    return { event, keyTime: keyed.keyTime, ...client };
  }
  const invoice = invoiceOf(parts);
  if (invoice === undefined) {
    const problem = "without an invoice (invid) or an eid, a payment that is sent twice counts twice";
    const problems: Notes = [...(event.problems ?? [])];
    note(problems, "invid", problem);
    return { event: { ...event, problems }, keyTime: keyed.keyTime, ...client };
  }
  const base = [event.property_id, "payment", idText(invoice), lineText(parts)];
  if ((event.value ?? 0) < 0)
    base.push("refund", String(event.value), String(parts["paid_at"] ?? parts["paid"] ?? ""));
  const text = base.join("\0");
  const nth = counts.get(text) ?? 0;
  counts.set(text, nth + 1);
  return { event: { ...event, id: hashedId([...base, String(nth)]) }, keyTime: null, ...client };
};

const lineText = (parts: Readonly<Record<string, Json>>): string =>
  parts["line"] === undefined
    ? `product ${idText(parts["pid"] ?? parts["product"] ?? "")}`
    : `line ${String(parts["line"])}`;

/** Ids are the same ids with and without dashes. */
const idText = (id: Json): string => parseUuid(String(id)) ?? String(id);
