/**
 * Payments, messages of the site's servers and agreements on privacy, each in a table by itself. A pure projection: the
 * rows follow from the stored events, whatever their order, and a repeated event is none.
 */
import type { Event } from "../model/event.ts";
import { countIn } from "../model/message-count.ts";
import type { Projection } from "../model/projection.ts";
import type { RecordTable } from "../model/records.ts";
import { agreementOf } from "./agreement.ts";

export const createRecordProjection = (table: RecordTable): Projection => ({
  id: "records",
  apply({ seq, event }) {
    if (event.type === "payment") putPayment(table, seq, event);
    else if (event.type === "log" && event.tracking_protocol === "native") putMessage(table, seq, event);
  },
  flush() {}, // every row is written as it comes: there are few of them
  forget() {},
});

const putPayment = (table: RecordTable, seq: number, event: Event): void => {
  if (typeof event.value !== "number") return;
  table.putPayment({
    seq,
    site: event.property_id,
    at: event.timestamp_utc,
    visitor: event.client_id ?? null,
    user: event.user_id ?? null,
    order: event.order_id ?? null,
    currency: event.currency ?? "",
    micros: Math.round(event.value * 1e6),
  });
};

const putMessage = (table: RecordTable, seq: number, event: Event): void => {
  const { property_id: site, timestamp_utc: at } = event;
  switch (event.event_category) {
    case "count":
      table.count(site, event.name, countOf(event), at);
      break;
    case "update":
      table.update({ site, id: event.name, at, event: event.id, message: textOf(event, "msg") });
      break;
    case "agreement":
      if (event.client_id) table.putAgreement(agreementOf(seq, event, event.client_id));
      break;
  }
};

/** A message counts one, unless it says how many. */
const countOf = ({ properties }: Event): number => countIn(properties?.["n"]) ?? 1;

const textOf = ({ properties }: Event, key: string): string | null => {
  const value = properties?.[key];
  return typeof value === "string" ? value : null;
};
