import type { Event } from "../model/event.ts";
import type { PageReader } from "./page-facts.ts";
import { addProblem, type Pass } from "./pass.ts";

/** The page's address without campaign parameters and secrets, its host and its path. */
export const fillPage =
  (pages: PageReader): Pass =>
  (event, request) => {
    if (!event.page_location) return fillNoPage(event);
    const facts = pages(event.page_location, request.site);
    event.page_location = facts.location;
    if (facts.hostname !== null) event.page_hostname ??= facts.hostname;
    if (facts.path !== null) event.page_path ??= facts.isBare && isTag(event) ? "" : facts.path;
    if (!facts.readable) addProblem(event, "url", "not an address: kept as it was sent");
  };

/** The tags of Google and d8a: in their tables a page without an address has empty columns, one without a path, too. */
const isTag = ({ tracking_protocol: protocol }: Event): boolean =>
  protocol === "ga4_gtag" || protocol === "ga4_mp" || protocol === "d8a";

const fillNoPage = (event: Event): void => {
  if (event.page_location !== "" || !isTag(event)) return;
  event.page_hostname ??= "";
  event.page_path ??= "";
};
