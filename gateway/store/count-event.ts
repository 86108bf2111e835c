import type { Event } from "../model/event.ts";
import type { CounterTable } from "../model/projection.ts";

/** The numbers of the live page and of its checklist, counted as events are stored. */
export const countEvent = (counters: CounterTable, event: Event): void => {
  const site = event.property_id;
  const counter = mainCounterOf(event);
  if (counter !== null) counters.add(site, counter, 1);
  // The script takes the link's parameters out of the address that it tells.
  if (counter === "documents" && isTagged.test(event.page_location ?? "")) counters.add(site, "tagged", 1);
  if (counter !== "events" || event.traffic_filter_name === "demo") return;
  if (event.type === "exposure") counters.add(site, "exposures", 1);
  if (event.type === "page" && event.tracking_protocol === "native") {
    counters.add(site, "script_views", 1);
    if (isElsewhere(event)) counters.add(site, "dropin_views", 1);
  }
  if (event.properties && "gu" in event.properties) counters.add(site, "tagged", 1);
};

/** Which of the live page's numbers an event is part of; null where it is of none. `count-job.ts` says it in SQL. */
export const mainCounterOf = ({
  bot,
  type,
  tracking_protocol: protocol,
  name,
}: Event): MainCounter | null => {
  if (bot) return "bots";
  if (type !== "log") return "events";
  if (protocol !== "gateway") return null;
  return name === "document" ? "documents" : "requests"; // a tracked request may have any other name
};

type MainCounter = "events" | "bots" | "documents" | "requests";

const isTagged = /[?&]gu=/;

/** The first view of a page that Turnpike did not serve: later ones within it come from the page itself. */
const isElsewhere = ({ page_load_id: load, page_referrer: referrer, page_hostname: host }: Event): boolean =>
  !load && (!referrer || !host || hostOf(referrer) !== host);

const hostOf = (address: string): string | null =>
  plainHost.exec(address)?.[1] ?? (URL.canParse(address) ? new URL(address).hostname : null);

/** What parsing would leave as it is, at a tenth of the time: a lower-case name that is no number, and no port. */
const plainHost = /^https?:\/\/((?:(?!xn--)[a-z0-9-]{1,40}\.){0,5}[a-z]{2,40})(?=[/?#]|$)/;
