/**
 * What is an event of type log rather than something a visitor did: messages of the site's servers (`log`, `count`,
 * `update`), as the original took them from a message bus, named by their topic or id; and agreements on privacy.
 */
import type { Event, Keyed } from "../../model/event.ts";
import type { Json } from "../../model/json.ts";
import { countIn } from "../../model/message-count.ts";
import { type Notes, note } from "./notes.ts";

const kinds: ReadonlySet<string> = new Set(["log", "count", "update"]);

/** The event as a message, where the server says that it is one; else the event as it was. */
export const asMessage = (keyed: Keyed): Keyed => {
  const { event } = keyed;
  const kind = event.event_category;
  if (typeof kind !== "string" || !kinds.has(kind)) return keyed;
  const properties = event.properties ?? {};
  const key = textOf(properties[kind === "log" ? "topic" : "id"]) ?? textOf(properties["id"]);
  const message: Event = {
    ...event,
    type: "log",
    name: key ?? kind,
    timestamp_utc: momentOf(kind, event),
  };
  const problems: Notes = [...(event.problems ?? [])];
  if (key === null && kind !== "log") {
    note(problems, "id", `a ${kind} without an id goes to the one that is called ${kind}`);
  }
  if (kind === "count" && countIn(properties["n"]) === null) {
    note(problems, "n", "expected a whole number: it is counted as one");
  }
  if (problems.length > 0) message.problems = problems;
  return { ...keyed, event: message };
};

/** What a visitor agreed to, as an event of type log: it is no part of a visit. */
export const asAgreement = (keyed: Keyed): Keyed => ({
  ...keyed,
  event: { ...keyed.event, type: "log", name: "agreement", event_category: "agreement" },
});

const textOf = (value: Json | undefined): string | null => {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
};

/** When it happened: `updated` in milliseconds, or a log's `ltimenss` in nanoseconds; never later than receipt. */
const momentOf = (kind: string, event: Event): number => {
  const said = kind === "update" ? event.properties?.["updated"] : event.properties?.["ltimenss"];
  const number = typeof said === "number" || typeof said === "string" ? Number(said) : Number.NaN;
  const ms = kind === "update" ? number : number / 1e6;
  // A log's time of day alone, without its day, is no moment.
  return ms >= earliest && ms <= event.received_at ? Math.trunc(ms) : event.timestamp_utc;
};

const earliest = Date.UTC(2000, 0, 1);
