/** What is told of visits and of the pages in them. */
import { alone, chrome, hit, type MoreCase } from "./case.ts";

const iphone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";

export const columnsOfVisits: readonly MoreCase[] = [
  {
    name: "lines of one request keep their order",
    hits: [hit(0, {}, { body: "en=page_view&dt=1\nen=x\nen=y\nen=page_view&dt=2" })],
    rows: [
      { name: "page_view", session_hit_number: 0, page_title: "1", session_is_entry_page: true },
      { name: "x", session_hit_number: 1 },
      { name: "y", session_hit_number: 2 },
      { name: "page_view", session_hit_number: 3, session_is_exit_page: true },
    ],
  },
  {
    name: "the time on a page is that of all its events",
    hits: [
      hit(0, { en: "first" }),
      hit(4),
      hit(9, { en: "scroll" }),
      hit(14, { dl: "https://shop.test/b" }),
      hit(20, { en: "scroll", dl: "https://shop.test/b" }),
    ],
    rows: [4, 10, 10, 6, 6].map((time_on_page) => ({ time_on_page })),
  },
  {
    name: "pages are counted by their changes",
    hits: [hit(0), hit(1, { dl: "https://shop.test/b" }), hit(2), hit(3, { en: "x" })],
    rows: [0, 1, 2, 2].map((session_page_number) => ({ session_page_number })),
  },
  {
    name: "neighbours of a page are the nearest other pages",
    hits: [
      hit(0, { en: "session_start" }),
      hit(5, { dl: "https://s.test/1", dt: "One" }),
      hit(10, { en: "scroll", dl: "https://s.test/1", dt: "One" }),
      hit(20, { dl: "https://s.test/2", dt: "Two" }),
      hit(30, { dl: "https://s.test/2", dt: "Two" }),
    ],
    rows: [
      {
        session_entry_page_location: "https://s.test/1",
        session_second_page_location: "https://s.test/2",
        session_unique_page_views: 2,
        session_total_page_views: 3,
      },
      { session_is_entry_page: true, next_page_location: "https://s.test/2", previous_page_location: null },
      { next_page_title: "Two", previous_page_title: null },
      { previous_page_location: "https://s.test/1", session_is_exit_page: false, next_page_location: null },
      { previous_page_location: "https://s.test/1", session_is_exit_page: true },
    ],
  },
  {
    name: "a visit without a page view has no pages, and did not bounce",
    hits: [hit(0, { en: "x" })],
    rows: [
      {
        session_entry_page_location: null,
        session_exit_page_location: null,
        session_is_bounced: false,
        session_total_page_views: 0,
        page_is_bounce: false,
      },
    ],
  },
  {
    name: "the campaign of a visit is that of its first page view, its source that of its first event",
    hits: [
      hit(0, { en: "session_start", dl: "https://shop.test/?utm_source=s0&utm_campaign=c0" }),
      hit(1, { dl: "https://shop.test/?utm_source=s1&gclid=7" }),
    ],
    rows: [
      {
        session_utm_source: "s1",
        session_source: "s0",
        session_click_id_gclid: "7",
        session_utm_campaign: null,
      },
    ],
  },
  {
    name: "what happened in a visit is counted, and each thing once more",
    hits: [
      hit(0),
      hit(1, { en: "scroll" }),
      hit(2, { en: "click", "ep.link_url": "https://x" }),
      hit(3, { en: "click", "ep.link_url": "https://x" }),
      hit(4, { en: "search", "ep.search_term": "a" }),
      hit(5, { en: "view_search_results", "ep.search_term": "a" }),
      hit(6, { en: "form_start", "ep.form_id": "f" }),
      hit(7, { en: "form_submit", "ep.form_id": "f" }),
      hit(8, { en: "video_start" }),
      hit(9, { en: "file_download", "ep.link_url": "u" }),
    ],
    rows: [
      {
        session_total_scrolls: 1,
        session_total_outbound_clicks: 2,
        session_unique_outbound_clicks: 1,
        session_total_site_searches: 2,
        session_unique_site_searches: 2,
        session_total_form_interactions: 2,
        session_unique_form_interactions: 2,
        session_total_video_engagements: 1,
        session_total_file_downloads: 1,
        session_unique_file_downloads: 1,
        session_is_bounced: true,
        session_duration: 9,
      },
    ],
  },
  {
    name: "two screens are engagement",
    hits: [hit(0, { en: "screen_view" }), hit(1, { en: "screen_view" })],
    rows: [{ session_is_engaged: true }],
  },
  {
    name: "so is a purchase",
    hits: [hit(0, { en: "purchase" })],
    rows: [{ session_is_engaged: true, session_total_purchases: 1 }],
  },
  {
    name: "one page is none, unless the client says so",
    hits: [hit(0, { seg: "0", sct: "2" })],
    rows: [{ session_is_engaged: false, session_returning_user: true }],
  },
  {
    name: "a cart that is filled after a purchase is left",
    hits: [hit(0, { en: "add_to_cart" }), hit(1, { en: "purchase" }), hit(2, { en: "add_to_cart" })],
    rows: [{ session_abandoned_cart: true }],
  },
  {
    name: "one that was bought is not",
    hits: [hit(0, { en: "add_to_cart" }), hit(1, { en: "purchase" })],
    rows: [{ session_abandoned_cart: false }],
  },
  {
    name: "the device of a visit is that of the id with most events",
    config: alone,
    hits: [
      hit(0, { uid: "ada" }, { headers: { "user-agent": iphone } }),
      hit(1, { cid: "d.2", uid: "ada" }, chrome(131)),
      hit(2, { cid: "d.2", uid: "ada" }, chrome(131)),
    ],
    rows: [{ session_device_category: "desktop", device_category: "smartphone", session_client_id: "c.1" }],
  },
  {
    name: "engagement is what the client says in any whole number but zero",
    config: alone,
    hits: ["0", "1", "-1", "2", "x", "1.5", ""].map((seg, i) => hit(i, { cid: `e.${i}`, seg })),
    rows: [false, true, true, true, false, false, false].map((session_is_engaged) => ({
      session_is_engaged,
    })),
  },
  {
    name: "who had a visit before returns",
    config: alone,
    hits: ["1", "2", "100", "0", "-2", "x", ""].map((sct, i) => hit(i, { cid: `r.${i}`, sct })),
    rows: [false, true, true, false, false, false, false].map((session_returning_user) => ({
      session_returning_user,
    })),
  },
  {
    name: "a visit of a tag has empty texts where nothing was sent, and none where there was no page",
    hits: [hit(0, { dl: "" })],
    rows: [
      {
        session_referrer: "",
        session_entry_page_location: "",
        session_entry_page_title: "",
        session_second_page_title: null,
        session_utm_source: null,
        session_geo_country: "",
        session_geo_region: null,
      },
    ],
  },
  {
    name: "titles and addresses have neighbours of their own",
    hits: ["1", "2", "3"].map((page, i) =>
      hit(i, { dl: `https://shop.test/${page}`, dt: page === "3" ? "Other" : "Same" }),
    ),
    rows: [
      { next_page_location: "https://shop.test/2", next_page_title: "Other" },
      { previous_page_location: "https://shop.test/1", previous_page_title: null, next_page_title: "Other" },
      { previous_page_title: "Same", next_page_title: null },
    ],
  },
  {
    name: "pages that differ in what is taken out of addresses are one",
    config: { excluded_url_params: ["gclid"] },
    hits: [hit(0, { dl: "https://shop.test/?gclid=1" }), hit(1, { dl: "https://shop.test/?gclid=2" })],
    rows: [
      { session_unique_page_views: 1, session_click_id_gclid: "1", next_page_location: null },
      { session_page_number: 0 },
    ],
  },
  {
    name: "a page and a screen are no engagement",
    hits: [hit(0), hit(1, { en: "screen_view" })],
    rows: [{ session_is_engaged: false }],
  },
];
