/**
 * Hits of GA4's tag beside those of `cases/ga4.json`, and what the export must hold of them: the edges of sessions,
 * orders of arrival, and each thing that its flat table is known to get wrong elsewhere.
 */
import type { CaseConfig, CaseHit, Columns } from "./ga4-cases.ts";

export interface MoreCase {
  /** a sentence about behaviour */
  readonly name: string;
  readonly config?: CaseConfig;
  readonly hits: readonly CaseHit[];
  /** some columns of the rows, in order of arrival */
  readonly rows?: readonly Columns[];
  /** which rows share a session */
  readonly sessions?: readonly (readonly number[])[];
}

type Query = Readonly<Record<string, string>>;

const hit = (at: number, query: Query = {}, more: Partial<CaseHit> = {}): CaseHit => ({
  at,
  path: "/g/collect",
  query: { v: "2", tid: "G-1", cid: "c.1", en: "page_view", dl: "https://shop.test/a", ...query },
  ...more,
});

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const split = { by_campaign: true, by_user_id: true };
const alone: CaseConfig = { join_by_session_stamp: false };
const minute = 60;
const day = 24 * 60 * minute;
const campaign = (name: string): Query => ({ dl: `https://shop.test/?utm_campaign=${name}` });
const chrome = (version: number) => ({
  headers: { "user-agent": `Mozilla/5.0 (Windows NT 10.0) Chrome/${version}.0 Safari/537.36` },
});
const iphone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";

const visits: readonly MoreCase[] = [
  { name: "half an hour to the second is one visit", hits: [hit(0), hit(30 * minute)], sessions: [[0, 1]] },
  { name: "a second more is two", hits: [hit(0), hit(30 * minute + 1)], sessions: [[0], [1]] },
  {
    name: "a visit ends after twelve hours to the second",
    config: { split: {} },
    hits: [...upTo(24).map((i) => hit(i * 30 * minute)), hit(12 * 60 * minute - 1), hit(12 * 60 * minute)],
    sessions: [upTo(25), [25]],
    rows: [...upTo(25).map(() => ({})), { session_split_cause: "max_time_since_first_event_reached" }],
  },
  {
    name: "event 1,001 begins a visit",
    config: { split: {} },
    hits: upTo(1001).map((i) => hit(i, { en: "e" })),
    sessions: [upTo(1000), [1000]],
    rows: [{ session_total_events: 1000 }],
  },
  {
    name: "another user begins a visit, none between does not",
    config: { split },
    hits: [hit(0, { uid: "a" }), hit(1), hit(2, { uid: "a" }), hit(3, { uid: "b" }), hit(4)],
    sessions: [
      [0, 1, 2],
      [3, 4],
    ],
    rows: [{ session_split_cause: null }, {}, {}, { session_split_cause: "user_id_changed" }],
  },
  {
    name: "a login goes on with the visit",
    config: { split },
    hits: [hit(0), hit(1, { uid: "a" })],
    sessions: [[0, 1]],
  },
  {
    name: "another campaign begins a visit, and the first does again",
    config: { split },
    hits: [hit(0), hit(1, campaign("x")), hit(2), hit(3, campaign("y")), hit(4, campaign("x"))],
    sessions: [[0, 1, 2], [3], [4]],
    rows: [{}, {}, {}, { session_split_cause: "utm_campaign_changed" }],
  },
  {
    name: "campaigns are told apart by case, an empty one is none",
    config: { split },
    hits: [hit(0, campaign("A")), hit(1, campaign("")), hit(2, campaign("a"))],
    sessions: [[0, 1], [2]],
  },
  {
    name: "of two reasons at once the user is the one that is told",
    config: { split },
    hits: [hit(0, { uid: "a", ...campaign("1") }), hit(1, { uid: "b", ...campaign("2") })],
    sessions: [[0], [1]],
    rows: [{}, { session_split_cause: "user_id_changed" }],
  },
  {
    name: "both can be switched off",
    config: { split: { by_campaign: false, by_user_id: false } },
    hits: [hit(0, { uid: "a", ...campaign("1") }), hit(1, { uid: "b", ...campaign("2") })],
    sessions: [[0, 1]],
  },
  {
    name: "events are counted anew in each visit",
    config: { split: { by_user_id: true, max_events: 3 } },
    hits: [hit(0, { uid: "a" }), hit(1), hit(2, { uid: "b" }), hit(3), hit(4), hit(5)],
    sessions: [[0, 1], [2, 3, 4], [5]],
  },
  { name: "midnight ends no visit", hits: [hit(day - 10), hit(day + 10)], sessions: [[0, 1]] },
  {
    name: "nor does the hour that is left out in spring",
    hits: ["2026-03-29T00:50:00.000Z", "2026-03-29T01:10:00.000Z"].map((received_at) => ({
      ...hit(0),
      received_at,
    })),
    sessions: [[0, 1]],
    rows: [{ session_duration: 20 * minute }],
  },
  {
    name: "midnight ends what only the mark of a day holds together",
    hits: [hit(day - 10, { cid: "m.1" }), hit(day - 5, { cid: "m.2" }), hit(day + 1, { cid: "m.3" })],
    sessions: [[0, 1], [2]],
  },
  {
    name: "a mark of the day and a user join three ids into one person",
    hits: [
      hit(0, { cid: "t.1" }),
      hit(1, { cid: "t.2", uid: "ada" }),
      hit(2, { cid: "t.3", uid: "ada" }, chrome(131)),
    ],
    sessions: [[0, 1, 2]],
  },
  {
    name: "two devices that log in late were one person before",
    config: alone,
    hits: [
      hit(0, { cid: "p.1" }),
      hit(1, { cid: "p.2" }),
      hit(2, { cid: "p.1", uid: "ada" }),
      hit(3, { cid: "p.2", uid: "ada" }),
    ],
    sessions: [[0, 1, 2, 3]],
  },
  {
    name: "a forced mark joins different browsers",
    hits: [hit(0, { cid: "f.1", fss: "s" }, chrome(131)), hit(1, { cid: "f.2", fss: "s" }, chrome(130))],
    sessions: [[0, 1]],
  },
  {
    name: "what the client calls its session makes none",
    hits: [hit(0, { sid: "1" }), hit(1, { sid: "2" })],
    sessions: [[0, 1]],
    rows: [{ client_session_id: "1" }, { client_session_id: "2" }],
  },
];

const columnsOfVisits: readonly MoreCase[] = [
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
];

const money: readonly MoreCase[] = [
  {
    name: "the tag's currency is that of its goods",
    config: { usd_rate: 0.5 },
    hits: [hit(0, { en: "purchase", cu: "EUR", pr1: "idA~pr10~qt2" })],
    rows: [
      {
        ecommerce_purchase_revenue: 20,
        ecommerce_purchase_revenue_in_usd: 10,
        params_currency: "EUR",
        currency: "EUR",
      },
    ],
  },
  {
    name: "a piece that is not counted is one",
    hits: [hit(0, { en: "purchase", "ep.currency": "USD", pr1: "idA~pr10" })],
    rows: [
      { ecommerce_purchase_revenue_in_usd: 10, ecommerce_items_total_quantity: 1, ecommerce_unique_items: 1 },
    ],
  },
  {
    name: "without goods the value is the revenue",
    hits: [hit(0, { en: "purchase", "epn.value": "12.5" })],
    rows: [{ ecommerce_purchase_revenue: 12.5, params_value: 12.5 }],
  },
  {
    name: "a refund is no revenue",
    hits: [hit(0, { en: "refund", "ep.currency": "USD", pr1: "idA~pr10~qt3" })],
    rows: [{ ecommerce_purchase_revenue: 0, ecommerce_refund_value: 30 }],
  },
  {
    name: "shipping and tax are converted, too",
    config: { usd_rate: 0.5 },
    hits: [
      hit(0, { en: "purchase", "ep.currency": "EUR", pr1: "idA~pr10", "epn.shipping": "4", "epn.tax": "2" }),
    ],
    rows: [{ ecommerce_shipping_value_in_usd: 2, ecommerce_tax_value_in_usd: 1 }],
  },
  {
    name: "half a cent goes to the even one, below zero as above",
    config: { usd_rate: 0.5 },
    hits: ["0.05", "0.03", "-0.05"].map((price, i) =>
      hit(i, { en: "purchase", cu: "EUR", pr1: `idA~pr${price}` }),
    ),
    rows: [0.02, 0.02, -0.02].map((ecommerce_purchase_revenue_in_usd) => ({
      ecommerce_purchase_revenue_in_usd,
    })),
  },
  {
    name: "a currency without a rate has no dollars",
    config: { usd_rate: "unavailable" },
    hits: [hit(0, { en: "purchase", cu: "XXX", pr1: "idA~pr10" })],
    rows: [{ ecommerce_purchase_revenue: 10, ecommerce_purchase_revenue_in_usd: null }],
  },
  {
    name: "each field of an item is read",
    hits: [
      hit(0, {
        en: "view_item",
        "ep.item_list_id": "L",
        pr1: "idA~nmN~afF~cpC~ds1.5~lp3~brB~caK~c22~vaV~loO~pr9.99~qt2",
      }),
    ],
    rows: [
      {
        ecommerce_items: [
          {
            item_id: "A",
            item_name: "N",
            affiliation: "F",
            coupon: "C",
            discount: 1.5,
            index: 3,
            item_brand: "B",
            item_category: "K",
            item_category2: "2",
            item_variant: "V",
            location_id: "O",
            item_list_id: "L",
            price: 9.99,
            quantity: 2,
            item_revenue: 19.98,
            item_refund: 0,
          },
        ],
      },
    ],
  },
  {
    name: "what only begins like an item is none",
    hits: [hit(0, { en: "purchase", promo: "SALE", pr1: "idA" })],
    rows: [{ ecommerce_unique_items: 1 }],
  },
];

const clicks = {
  twclid: "twitter",
  li_fat_id: "linkedin",
  ttclid: "tiktok",
  ScCid: "snapchat",
  wbraid: "google",
  gbraid: "google",
  msclkid: "bing",
};

const sources: readonly MoreCase[] = [
  {
    name: "click ids name their advertisers",
    config: alone,
    hits: Object.keys(clicks).map((name, i) => hit(i, { cid: `k.${i}`, dl: `https://shop.test/?${name}=1` })),
    rows: Object.values(clicks).map((session_source) => ({ session_source, session_medium: "cpc" })),
  },
  {
    name: "a campaign manager is told by its own parameter",
    hits: [hit(0, { dl: "https://shop.test/?gclsrc=3p.ds" })],
    rows: [{ session_source: "google", session_medium: "display" }],
  },
  {
    name: "a campaign beats the click, each part for itself",
    hits: [hit(0, { dl: "https://shop.test/?gclid=1&utm_source=My+News&utm_term=A%26B" })],
    rows: [{ session_source: "my-news", session_medium: "cpc", session_term: "ab", utm_source: "My News" }],
  },
  {
    name: "campaign fields of the tag are the campaign",
    hits: [hit(0, { cs: "news", cm: "mail", cn: "spring", ci: "7", cc: "ad", ck: "kw" })],
    rows: [
      {
        utm_source: "news",
        utm_medium: "mail",
        utm_campaign: "spring",
        utm_id: "7",
        utm_content: "ad",
        utm_term: "kw",
      },
    ],
  },
  {
    name: "a referrer that is to be ignored is none",
    hits: [hit(0, { ir: "true", dr: "https://www.google.com/" })],
    rows: [{ session_source: "direct", session_medium: "none", ignore_referrer: true }],
  },
  {
    name: "where the money is paid nobody comes from",
    hits: [hit(0, { dr: "https://www.paypal.com/checkout" })],
    rows: [{ session_source: "direct" }],
  },
];

const fields: readonly MoreCase[] = [
  {
    name: "a parameter that is taken out of an address leaves the others in order",
    config: { excluded_url_params: ["utm_source", "gclid"] },
    hits: [hit(0, { dl: "https://shop.test/a?b=2%202&gclid=1&a=1#f" })],
    rows: [{ page_location: "https://shop.test/a?a=1&b=2+2#f", click_id_gclid: "1" }],
  },
  {
    name: "an address that cannot be read costs nobody his event",
    hits: [
      hit(0, { dl: "https://shop.test/50%-off" }),
      hit(1, { dl: "::::" }),
      hit(2, { dl: "https://a b" }),
      hit(3),
    ],
    rows: [
      { page_path: "/50%-off", page_hostname: "shop.test" },
      { name: "page_view" },
      { name: "page_view" },
      { page_path: "/a" },
    ],
  },
  {
    name: "what is said of consent may be of any length",
    hits: ["G11", "G1", "G", "x", "G100"].map((gcs, i) => hit(i, { gcs })),
    rows: [
      { privacy_ads_storage: true, privacy_analytics_storage: null },
      {},
      {},
      {},
      { privacy_ads_storage: false, privacy_analytics_storage: false },
    ],
  },
  {
    name: "a number that is none is null",
    hits: [hit(0, { "epn.value": "NaN", "epn.price": "Infinity", _et: "1.5", sct: "x" })],
    rows: [
      {
        params_value: null,
        params_price: null,
        params_engagement_time_ms: null,
        client_session_number: null,
      },
    ],
  },
  {
    name: "numbers that the tag sends as numbers are in their columns",
    hits: [
      hit(0, {
        "epn.level": "3",
        "epn.video_percent": "50",
        "epn.exposure_time": "9",
        "epn.message_time": "1",
        "epn.message_device_time": "2",
        "epn.previous_first_open_count": "4",
      }),
    ],
    rows: [
      {
        params_level: 3,
        params_video_percent: 50,
        params_exposure_time: 9,
        params_message_time: 1,
        params_message_device_time: 2,
        params_previous_first_open_count: 4,
      },
    ],
  },
  {
    name: "yes and no are read in any of their words",
    hits: ["true", "YES", " y ", "on", "t", "No", "off", "0", "f", "2"].map((word, i) =>
      hit(i, { "ep.fatal": word }),
    ),
    rows: [true, true, true, true, true, false, false, false, false, null].map((params_fatal) => ({
      params_fatal,
    })),
  },
  {
    name: "what is sent empty is null, but title and referrer",
    hits: [hit(0, { uid: "", sid: "", sr: "", dt: "", dr: "" })],
    rows: [
      {
        user_id: null,
        client_session_id: null,
        device_screen_resolution: null,
        page_title: "",
        page_referrer: "",
      },
    ],
  },
  {
    name: "without a language that of the browser counts",
    hits: [hit(0, {}, { headers: { "accept-language": "fr-FR,fr;q=0.9" } }), hit(1, { ul: "de-de" })],
    rows: [{ device_language: "fr-FR,fr;q=0.9" }, { device_language: "de-de" }],
  },
  {
    name: "a hit that is sent again is one event",
    hits: [
      ["1", 0],
      ["1", 3],
      ["2", 4],
    ].map(([count, at]) => hit(Number(at), { _p: "1767225500000", _s: String(count), sid: "1" })),
    sessions: [[0, 1]],
  },
  {
    name: "the same tag on another path says so",
    config: { protocol: "d8a" },
    hits: [hit(0, {}, { path: "/d/c" })],
    rows: [{ tracking_protocol: "d8a", measurement_id: "G-1" }],
  },
];

const filters = (type: string, expression: string, more = {}) => ({
  filters: { conditions: [{ name: "f", type, expression, ...more }] },
});

const filtered: readonly MoreCase[] = [
  {
    name: "what a filter drops is in no visit",
    config: filters("exclude", 'name == "scroll"'),
    hits: [hit(0), hit(1, { en: "scroll" }), hit(2)],
    rows: [{ session_total_events: 2, session_hit_number: 0 }, { session_hit_number: 1 }],
    sessions: [[0, 1]],
  },
  {
    name: "what no filter allows is dropped",
    config: filters("allow", 'name startsWith "page"'),
    hits: [hit(0), hit(1, { en: "scroll" })],
    sessions: [[0]],
  },
  {
    name: "a filter on trial only names",
    config: filters("exclude", 'name contains "scr" && !(page_hostname endsWith ".com")', {
      test_mode: true,
    }),
    hits: [hit(0), hit(1, { en: "scroll" })],
    rows: [{ traffic_filter_name: null }, { traffic_filter_name: "f" }],
  },
  {
    name: "a filter sees the whole address, the row the masked one",
    config: { ...alone, ...filters("exclude", 'inCidr(ip_address, "203.0.113.7/32")'), ip_masking_level: 1 },
    hits: [hit(0), hit(1, {}, { remote_addr: "::ffff:203.0.113.8" })],
    rows: [{ ip_address: "203.0.113.0" }],
    sessions: [[0]],
  },
];

export const moreCases: readonly MoreCase[] = [
  ...visits,
  ...columnsOfVisits,
  ...money,
  ...sources,
  ...fields,
  ...filtered,
];
