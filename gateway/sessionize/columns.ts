/**
 * What an event learns from its session. None of it is stored with the event: a late event or a merge would make it
 * wrong; it is joined when events are read. Names are those of the GA4 flat table where it has one.
 */
import type { Column } from "../model/event.ts";

/** Where an event stands in its session. */
export const placeColumns = [
  { name: "session_hit_number", type: "int", meaning: "place in the session, from 0" },
  { name: "session_page_number", type: "int", meaning: "place of its page, from 0" },
  { name: "time_on_page", type: "int", meaning: "seconds until the next page view or the session's end" },
  { name: "session_is_entry_page", type: "bool", meaning: "the first page view" },
  { name: "session_is_exit_page", type: "bool", meaning: "the last page view" },
  { name: "page_is_bounce", type: "bool", meaning: "the only page view" },
  { name: "previous_page_location", type: "text", meaning: "the page viewed before, another than this" },
  { name: "next_page_location", type: "text", meaning: "the page viewed next, another than this" },
  { name: "previous_page_title", type: "text", meaning: "title of the page before, another than this" },
  { name: "next_page_title", type: "text", meaning: "title of the next page, another than this" },
] as const satisfies readonly Column[];

const utm = (name: string): Column => ({
  name: `session_utm_${name}`,
  type: "text",
  meaning: `utm_${name} of the first page view`,
});

const click = (name: string): Column => ({
  name: `session_click_id_${name}`,
  type: "text",
  meaning: `click_id_${name} of the first page view`,
});

const main = (name: string): Column => ({
  name: `session_${name}`,
  type: "text",
  meaning: `${name} of the visitor with most events`,
});

const count = (name: string, meaning: string): Column => ({ name: `session_${name}`, type: "int", meaning });

const flag = (name: string, meaning: string): Column => ({ name: `session_${name}`, type: "bool", meaning });

export const utmNames = [
  "marketing_tactic",
  "source_platform",
  "term",
  "content",
  "source",
  "medium",
  "campaign",
  "id",
  "creative_format",
] as const;

export const clickNames = ["gclid", "dclid", "gbraid", "srsltid", "wbraid", "fbclid", "msclkid"] as const;

/** What belongs to a place or a device, and is taken from one visitor's first event. */
export const mainNames = [
  "geo_city",
  "geo_region",
  "geo_metro",
  "geo_country",
  "geo_continent",
  "geo_sub_continent",
  "device_category",
  "device_language",
  "device_screen_resolution",
  "device_mobile_brand_name",
  "device_mobile_model_name",
  "device_operating_system",
  "device_operating_system_version",
  "device_web_browser",
  "device_web_browser_version",
] as const;

/** What every event of a session says of it. */
export const sessionColumns: readonly Column[] = [
  { name: "session_id", type: "uuid", meaning: "id of the session's first event" },
  { name: "session_client_id", type: "text", meaning: "the visitor of the first event" },
  { name: "session_source", type: "text", meaning: "where the session came from" },
  { name: "session_medium", type: "text", meaning: "kind of that source" },
  { name: "session_term", type: "text", meaning: "what was searched for there" },
  { name: "session_channel", type: "text", meaning: "acquisition channel of the first event" },
  { name: "session_referrer", type: "text", meaning: "the page before the first event's" },
  count("duration", "seconds from the first event to the last"),
  count("total_events", "events"),
  { name: "session_first_event_time", type: "time", meaning: "when it began" },
  { name: "session_last_event_time", type: "time", meaning: "when its last event happened" },
  {
    name: "session_split_cause",
    type: "text",
    meaning: "why it does not continue the session before; null for a person's first",
  },
  ...["entry", "second", "exit"].flatMap((which): Column[] => [
    { name: `session_${which}_page_location`, type: "text", meaning: `address of the ${which} page view` },
    { name: `session_${which}_page_title`, type: "text", meaning: `title of the ${which} page view` },
  ]),
  ...utmNames.map(utm),
  ...clickNames.map(click),
  ...mainNames.map(main),
  count("total_page_views", "page views"),
  count("unique_page_views", "different pages viewed"),
  flag("is_bounced", "exactly one page view"),
  count("total_purchases", "purchases"),
  {
    name: "session_revenue",
    type: "float",
    meaning: "sum of the amounts of purchases; null where they are in several currencies",
  },
  {
    name: "session_revenue_in_usd",
    type: "float",
    meaning: "the same at the rates of their days; null where one has none",
  },
  count("total_scrolls", "scrolls"),
  count("total_outbound_clicks", "clicks that lead away"),
  count("unique_outbound_clicks", "different addresses they lead to"),
  count("total_site_searches", "searches"),
  count("unique_site_searches", "different terms searched for"),
  count("total_form_interactions", "forms begun or sent"),
  count("unique_form_interactions", "different forms begun or sent"),
  count("total_video_engagements", "videos begun, watched or ended"),
  count("total_file_downloads", "downloads"),
  count("unique_file_downloads", "different files"),
  flag("is_engaged", "two views, a purchase, or the client says so"),
  flag("returning_user", "the client had sessions before"),
  flag("abandoned_cart", "something was put into the cart and not bought after"),
];
