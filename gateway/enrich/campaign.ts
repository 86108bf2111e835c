import type { Event } from "../model/event.ts";
import { clickColumns } from "../model/personal-columns.ts";
import type { CampaignValue, PageReader } from "./page-facts.ts";
import { mayIdentify, type Pass } from "./pass.ts";

/** Campaign and click ids from the page's address, each kind only where the client named none itself. */
export const fillCampaign =
  (pages: PageReader): Pass =>
  (event, request) => {
    if (!event.page_location) return;
    const { campaign } = pages(event.page_location, request.site);
    if (campaign === null) return;
    // Never half of one campaign and half of another; what only adds to a campaign names none.
    if (!namesCampaign(event)) fill(event, campaign.utm);
    // A click id is one person's click.
    if (campaign.clicks.length > 0 && mayIdentify(request) && !namesClick(event))
      fill(event, campaign.clicks);
  };

/** By what a campaign is known. */
const namesCampaign = (event: Event): boolean =>
  event.utm_source != null || event.utm_medium != null || event.utm_campaign != null;

const namesClick = (event: Event): boolean => clickColumns.some((column) => event[column] != null);

const fill = (event: Event, values: readonly CampaignValue[]): void => {
  for (const [column, value] of values) event[column] ??= value;
};
