import type { Event } from "../model/event.ts";
import type { Json } from "../model/json.ts";

/** A parameter that a client sent with an event, whatever column or property its protocol puts it into. */
export const paramOf = (event: Event, name: string): Json => {
  const columns = event as unknown as Readonly<Record<string, Json | undefined>>; // columns are looked up by name
  return columns[`params_${name}`] ?? columns[name] ?? event.properties?.[name] ?? null;
};

/** The same as text; null where it is none or empty. */
export const paramText = (event: Event, name: string): string | null => {
  const value = paramOf(event, name);
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
};

/** The same as a whole number; null where it is none. */
export const paramCount = (event: Event, name: string): number | null => {
  const value = paramOf(event, name);
  if (typeof value === "boolean") return Number(value);
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : null;
};
