import type { PageReader } from "./page-facts.ts";
import { addProblem, type Pass } from "./pass.ts";

/** The page's address without campaign parameters and secrets, its host and its path. */
export const fillPage =
  (pages: PageReader): Pass =>
  (event, request) => {
    if (!event.page_location) return;
    const facts = pages(event.page_location, request.site);
    event.page_location = facts.location;
    if (facts.hostname !== null) event.page_hostname ??= facts.hostname;
    if (facts.path !== null) event.page_path ??= facts.path;
    if (!facts.readable) addProblem(event, "url", "not an address: kept as it was sent");
  };
