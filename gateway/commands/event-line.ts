import { printable } from "../lib/printable.ts";
import type { Event } from "../model/event.ts";

/** One line on a stored event for a person to read; of the visitor it tells the last four characters. */
export const eventLine = (event: Event): string => {
  const fixed = [
    new Date(event.received_at).toISOString().slice(11, 23),
    event.name.padEnd(12),
    pageOf(event).padEnd(16),
    visitorTail(event) ?? "-".padEnd(5),
  ];
  const more = [variantsOf(event), amountOf(event), botOf(event), problemsOf(event)];
  return printable([...fixed, ...more.filter((part) => part !== "")].join("  "));
};

/** `…4d91`, as the pages of the demo and the dashboard show a visitor; null without one. */
export const visitorTail = ({ client_id: id }: Event): string | null => (id ? `…${id.slice(-4)}` : null);

// Without the query, which may hold anything.
const pageOf = ({ page_path: path, page_location: location }: Event): string =>
  path ?? location?.split(/[?#]/, 1)[0] ?? "-";

const variantsOf = ({ experiment_id, variation_id, experiments }: Event): string => {
  if (variation_id) return experiment_id ? `${experiment_id}=${variation_id}` : variation_id;
  const pairs = Object.entries(experiments ?? {});
  return pairs.map(([experiment, variant]) => `${experiment}=${variant}`).join(" ");
};

const amountOf = ({ value, currency }: Event): string =>
  typeof value === "number" ? `${value}${currency ? ` ${currency}` : ""}` : "";

const botOf = ({ bot, traffic_filter_name: label }: Event): string =>
  [bot ? `bot: ${bot}` : "", label ?? ""].filter((part) => part !== "").join(" ");

/** What could not be read, in words. */
export const problemsOf = ({ problems }: Event): string =>
  problems && problems.length > 0
    ? `problems: ${problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")}`
    : "";
