import type { Event } from "../model/event.ts";
import { isTagEvent } from "../model/tag-event.ts";
import type { PageReader } from "./page-facts.ts";
import { addProblem, mayIdentify, type Pass } from "./pass.ts";
import { withoutPerson } from "./without-person.ts";

/** The page's address without campaign parameters and secrets, its host and its path: of tags empty where it has none. */
export const fillPage =
  (pages: PageReader): Pass =>
  (event, request) => {
    if (!event.page_location) return fillNoPage(event);
    const facts = pages(event.page_location, request.site);
    event.page_location = mayIdentify(request) ? facts.location : withoutPerson(facts.location);
    if (facts.hostname !== null) event.page_hostname ??= facts.hostname;
    if (facts.path !== null) event.page_path ??= facts.isBare && isTagEvent(event) ? "" : facts.path;
    if (!facts.readable) addProblem(event, "url", "not an address: kept as it was sent");
  };

const fillNoPage = (event: Event): void => {
  if (event.page_location !== "" || !isTagEvent(event)) return;
  event.page_hostname ??= "";
  event.page_path ??= "";
};
