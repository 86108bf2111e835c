/** Fields that are read in more than one way. */
import { hit, type MoreCase } from "./case.ts";

export const fields: readonly MoreCase[] = [
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
