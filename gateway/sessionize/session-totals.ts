import type { Event } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import { paramCount, paramText } from "./event-facts.ts";
import { isPageView } from "./page-places.ts";

type Values = Readonly<Record<string, Json>>;

/** What a session's events add up to. */
export const totalEvents = (events: readonly Event[]): Values => {
  const views = events.filter(isPageView);
  return {
    session_total_page_views: views.length,
    session_unique_page_views: new Set(views.map((view) => view.page_location ?? "")).size,
    session_is_bounced: views.length === 1,
    session_total_purchases: countNamed(events, ["purchase"]),
    ...revenueOf(events),
    session_total_scrolls: countNamed(events, ["scroll"]),
    session_total_outbound_clicks: countNamed(events, outboundClicks),
    session_unique_outbound_clicks: countDifferent(events, outboundClicks, "link_url"),
    session_total_site_searches: countNamed(events, searches),
    session_unique_site_searches: countDifferent(events, searches, "search_term"),
    session_total_form_interactions: countNamed(events, forms),
    session_unique_form_interactions: countDifferent(events, forms, "form_id"),
    session_total_video_engagements: countNamed(events, videos),
    session_total_file_downloads: countNamed(events, downloads),
    session_unique_file_downloads: countDifferent(events, downloads, "link_url"),
    session_is_engaged: isEngaged(events, views.length),
    session_returning_user: events.some((event) => (paramCount(event, "client_session_number") ?? 0) >= 2),
    session_abandoned_cart: hasAbandonedCart(events),
  };
};

const outboundClicks = ["click"];
const searches = ["view_search_results", "search"];
const forms = ["form_submit", "form_start"];
const videos = ["video_start", "video_progress", "video_complete"];
const downloads = ["file_download"];

const countNamed = (events: readonly Event[], names: readonly string[]): number => {
  let count = 0;
  for (const { name } of events) if (names.includes(name)) count++;
  return count;
};

/** The same value under two names of events is two. */
const countDifferent = (events: readonly Event[], names: readonly string[], param: string): number => {
  const seen = new Set<string>();
  for (const event of events) {
    const value = names.includes(event.name) ? paramText(event, param) : null;
    if (value !== null) seen.add(`${event.name} ${value}`);
  }
  return seen.size;
};

/** Null where nothing was bought for money, or where amounts do not add up: of two currencies, or without a rate. */
const revenueOf = (events: readonly Event[]): Values => {
  const sold = events.filter(({ name, value }) => name === "purchase" && typeof value === "number");
  const isOneCurrency = sold.every(({ currency }) => (currency ?? null) === (sold[0]?.currency ?? null));
  return {
    session_revenue: isOneCurrency ? sumOf(sold, "value") : null,
    session_revenue_in_usd: sumOf(sold, "value_in_usd"),
  };
};

/** In whole millionths: a sum of fractions would depend on their order. */
const sumOf = (sold: readonly Event[], column: "value" | "value_in_usd"): number | null => {
  let micros = 0;
  for (const { [column]: amount } of sold) {
    if (typeof amount !== "number") return null;
    micros += Math.round(amount * 1e6);
  }
  return sold.length > 0 ? micros / 1e6 : null;
};

const isEngaged = (events: readonly Event[], views: number): boolean =>
  views >= 2 ||
  countNamed(events, ["screen_view"]) >= 2 ||
  countNamed(events, ["purchase"]) >= 1 ||
  events.some((event) => (paramCount(event, "client_session_engaged") ?? 0) !== 0);

const hasAbandonedCart = (events: readonly Event[]): boolean =>
  events.findLastIndex(({ name }) => name === "add_to_cart") >
  events.findLastIndex(({ name }) => name === "purchase");
