import type { Event } from "../model/event.ts";
import { type CampaignColumn, clickColumns, type PageReader, utmColumns } from "./page-facts.ts";
import { mayIdentify, type Pass } from "./pass.ts";

/** Campaign and click ids from the page's address, each kind only where the client named none of its own. */
export const fillCampaign =
  (pages: PageReader): Pass =>
  (event, request) => {
    if (!event.page_location) return;
    const { campaign } = pages(event.page_location, request.site);
    if (campaign === null) return;
    fill(event, utmColumns, campaign);
    // A click id is one person's click.
    if (mayIdentify(request)) fill(event, clickColumns, campaign);
  };

const fill = (
  event: Event,
  columns: readonly CampaignColumn[],
  campaign: ReadonlyMap<CampaignColumn, string>,
): void => {
  // Never half of one campaign and half of another.
  for (const column of columns) if (event[column] != null) return;
  for (const column of columns) {
    const value = campaign.get(column);
    if (value !== undefined) event[column] = value;
  }
};
