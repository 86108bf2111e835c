import type { Event } from "../model/event.ts";
import { type CampaignColumn, clickColumns, type PageReader, utmColumns } from "./page-facts.ts";
import { mayIdentify, type Pass } from "./pass.ts";

/** Campaign and click ids from the page's address, each kind only where the client named none itself. */
export const fillCampaign =
  (pages: PageReader): Pass =>
  (event, request) => {
    if (!event.page_location) return;
    const { campaign } = pages(event.page_location, request.site);
    if (campaign === null) return;
    // Never half of one campaign and half of another; what only adds to a campaign names none.
    if (!naming.some((column) => event[column] != null)) fill(event, utmColumns, campaign);
    // A click id is one person's click.
    if (mayIdentify(request) && !clickColumns.some((column) => event[column] != null))
      fill(event, clickColumns, campaign);
  };

/** What a campaign is known by. */
const naming = ["utm_source", "utm_medium", "utm_campaign"] as const satisfies readonly CampaignColumn[];

const fill = (
  event: Event,
  columns: readonly CampaignColumn[],
  campaign: ReadonlyMap<CampaignColumn, string>,
): void => {
  for (const column of columns) {
    const value = campaign.get(column);
    if (value !== undefined) event[column] ??= value;
  }
};
