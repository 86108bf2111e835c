import { printable } from "../lib/printable.ts";
import { type Column, type ColumnName, type Event, eventColumns } from "../model/event.ts";
import type { Json } from "../model/json.ts";

/** Every column of the event that has a value, a line each, with what tells of the person masked. */
export const maskedEvent = (seq: number, event: Event): string => {
  const lines = eventColumns.flatMap((column: Column) => {
    const value = event[column.name as ColumnName] ?? null; // the columns are the event's own
    return value === null ? [] : [`    ${column.name}: ${printable(shown(column, value))}`];
  });
  return [`  #${seq}`, ...lines].join("\n");
};

const shown = (column: Column, value: Json): string => {
  if (tails.has(column.name)) return `…${String(value).slice(-4)}`;
  if (hidden.has(column.name)) return "…";
  if (column.name === "traits") return hideValues(value);
  if (column.type === "time") return new Date(Number(value)).toISOString();
  if (typeof value !== "string") return JSON.stringify(value).replace(emails, "…@…");
  return (addresses.has(column.name) ? value.replace(/[?#].*$/s, "?…") : value).replace(emails, "…@…");
};

const tails = new Set(["client_id", "client_session_id"]);

const hidden = new Set([
  "user_id",
  "ip_address",
  "ehash",
  "chash",
  "uhash",
  "email_hash",
  "phone_hash",
  "username_hash",
  "did",
  "lat",
  "lon",
  "zip",
]);

/** Queries of addresses may hold anything that a form sent. */
const addresses = new Set(["page_location", "page_referrer"]);

const emails = /[^\s"'<>=&,;:/?]+(?:@|%40)[^\s"'<>=&,;:/?]+\.[a-z]{2,}/gi;

const hideValues = (value: Json): string => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "…";
  return `{${Object.keys(value)
    .map((key) => `${JSON.stringify(key)}:…`)
    .join(",")}}`;
};
