import type { Exchange, Handler } from "../http/exchange.ts";
import type { EventStore, Row } from "../model/event-store.ts";
import { readVisitorId } from "../model/visitor-id.ts";
import { requestOf, writeAnswer } from "./collect.ts";
import { corsHeaders, originOf } from "./cors.ts";
import { trustOf } from "./trust.ts";
import { tuplesOf } from "./tuples.ts";

export interface PaymentOptions {
  /** takes payments */
  readonly take: Handler;
  readonly report: EventStore["report"];
  /** the endpoints' paths, each ending with `/` */
  readonly paths: readonly string[];
}

/** Fields that say whose value is asked for, the report that knows it. */
const reports = { orid: "order", order_id: "order", uid: "user", vid: "visitor" } as const;
const amounts = ["total", "payment", "amt", "revenue"];

/**
 * The endpoint of payments. A GET that names a user (`uid`), a visitor (`vid`) or an order (`orid`) and no amount is
 * answered with the lifetime value, by currency, to whoever holds the write key; all else is taken as a payment.
 */
export const payments = ({ take, report, paths }: PaymentOptions): Handler => {
  return async (x) => {
    const asked = x.req.method === "GET" ? askedFor(x, paths) : null;
    if (asked === null || trustOf(requestOf(x, ""), "key") !== "key") return take(x); // which refuses without the key
    const rows = await report(`lifetime-value-${asked.of}`, { site: x.site.id, id: asked.id });
    writeAnswer(x, {
      status: 200,
      headers: [
        ...corsHeaders(x, originOf(x)),
        "content-type",
        "application/json",
        "cache-control",
        "no-store",
      ],
      body: `${JSON.stringify({ [asked.of]: asked.id, currencies: rows.map(told) })}\n`,
    });
  };
};

/** Amounts of payments and refunds together, in a currency; null where nobody said which. */
const told = ({ currency, ...row }: Row) => ({ currency: currency === "" ? null : currency, ...row });

const askedFor = (x: Exchange, paths: readonly string[]): { of: string; id: string } | null => {
  const base = paths.find((path) => x.path.startsWith(path));
  const fields = tuplesOf(base === undefined ? "" : x.path.slice(base.length), x.query);
  if (amounts.some((key) => fields.has(key))) return null;
  for (const [key, of] of Object.entries(reports)) {
    const id = fields.get(key);
    // A visitor's id is stored in one form, whichever the client writes.
    if (id) return { of, id: of === "visitor" ? (readVisitorId(id) ?? id) : id };
  }
  return null;
};
