/** The fields of a payment line that mean something else, or nothing, in an event: read apart from the others. */

import { parseMoment } from "../../lib/moment.ts";
import type { Json } from "../../model/json.ts";
import { type Notes, note } from "./notes.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface PaymentLine {
  /** what is read as any event's fields */
  readonly fields: Fields;
  /** what is kept of the line itself, under the names of the protocol */
  readonly parts: Readonly<Record<string, Json>>;
}

const amounts: ReadonlySet<string> = new Set([
  "amt",
  "commission",
  "cost",
  "discount",
  "fees",
  "margin",
  "payment",
  "price",
  "qty",
  "referral",
  "revenue",
  "subtotal",
  "tax",
  "tax_rate",
  "total",
]);

const times: ReadonlySet<string> = new Set(["ends", "invoiced", "invoiced_at", "paid", "paid_at", "starts"]);

/** `duration` is the product's here, not a time on a page. */
const texts: ReadonlySet<string> = new Set([
  "duration",
  "invid",
  "invoice_id",
  "line",
  "man",
  "model",
  "pcat",
  "pid",
  "product",
]);

export const splitLine = (sent: Fields, notes: Notes): PaymentLine => {
  const fields: Record<string, unknown> = Object.create(null) as Fields; // a key may be any text
  const parts: Record<string, Json> = {};
  for (const key in sent) {
    const lower = key.length > 20 ? key : key.toLowerCase();
    const read = readerOf(lower);
    const value = sent[key];
    if (lower === "orid") fields["order_id"] = value;
    else if (read === null) fields[key] = value;
    else if (value !== null && value !== undefined && value !== "") {
      const part = read(value);
      if (part === null) note(notes, key, wanted(lower));
      else parts[lower] = part;
    }
  }
  return { fields, parts };
};

type Reader = (value: unknown) => Json | null;

const readerOf = (key: string): Reader | null => {
  if (amounts.has(key)) return readAmount;
  if (times.has(key)) return readMoment;
  return texts.has(key) ? readLabel : null;
};

const wanted = (key: string): string => {
  if (amounts.has(key)) return "expected an amount within a billion";
  return times.has(key) ? "expected milliseconds since 1970 or an RFC 3339 time" : "expected a text";
};

const readAmount: Reader = (value) => {
  if (typeof value !== "number" && !(typeof value === "string" && numeric.test(value))) return null;
  const amount = Number(value);
  return Math.abs(amount) <= 1e9 ? amount : null;
};

const numeric = /^\s*[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})\s*$/;

/** Milliseconds, of either layout's way to write a time. */
const readMoment: Reader = (value) => {
  if (typeof value === "number") return isMoment(value) ? Math.trunc(value) : null;
  if (typeof value !== "string" || value.length > 40) return null;
  const at = /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : parseMoment(value);
  return isMoment(at) ? at : null;
};

const isMoment = (ms: number): boolean => ms >= 0 && ms <= Date.UTC(9999, 11, 31);

const readLabel: Reader = (value) => {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value.length <= 256 && isClean(value) ? value.trim() : null;
};

const isClean = (text: string): boolean => text.isWellFormed() && !text.includes("\0");
