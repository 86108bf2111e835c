import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Event, eventColumns } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import { clickNames, mainNames, placeColumns, sessionColumns, utmNames } from "./columns.ts";
import { toSessionEvent } from "./session-event.ts";
import { viewSession } from "./session-view.ts";
import { compareEvents, splitSessions } from "./split-sessions.ts";

const rules = { idleMinutes: 30, maxHours: 12, maxEvents: 1000, splitOnCampaign: true, splitOnUser: true };

/** Events, each so many seconds after the first, on a page of this name. */
const eventsOf = (
  rows: readonly (readonly [at: number, name: string, page: string, more?: Partial<Event>])[],
) =>
  rows.map(
    ([at, name, page, more], i): Event => ({
      id: `e${i}`,
      property_id: "main",
      tracking_protocol: "ga4_gtag",
      type: "track",
      name,
      timestamp_utc: at * 1000,
      received_at: at * 1000,
      client_id: "v1",
      page_location: `https://shop.example/${page}`,
      page_title: page.toUpperCase(),
      ...more,
    }),
  );

const viewOf = (rows: Parameters<typeof eventsOf>[0]) => {
  const events = eventsOf(rows);
  const ordered = events.map(toSessionEvent).sort(compareEvents);
  const sessions = splitSessions(ordered, rules);
  assert.equal(sessions.length, 1);
  const [session] = sessions;
  assert.ok(session);
  const view = viewSession(session, events.toReversed());
  const column = (name: string): readonly Json[] =>
    events.map(({ id }) => view.places.get(id)?.[name] ?? null);
  return { ...view, column };
};

const pages = (...names: (string | null)[]) =>
  names.map((name) => (name === null ? null : `https://shop.example/${name}`));

describe("pages in their order", () => {
  const visit = viewOf([
    [0, "scroll", "a"],
    [2, "page_view", "a"],
    [4, "page_view", "a"],
    [9, "scroll", "a"],
    [10, "page_view", "b"],
    [11, "click", "b"],
    [12, "page_view", "a"],
    [15, "scroll", "a"],
  ]);

  test("hits and changes of page are counted from 0", () => {
    assert.deepEqual(visit.column("session_hit_number"), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(visit.column("session_page_number"), [0, 0, 0, 0, 1, 1, 2, 2]);
  });

  test("a page is looked at from its view to the next one, or to the last event", () => {
    assert.deepEqual(visit.column("time_on_page"), [2, 2, 6, 6, 2, 2, 3, 3]);
  });

  test("the pages before and after are the nearest others, and every event on a page has its page's", () => {
    assert.deepEqual(visit.column("next_page_location"), pages("b", "b", "b", "b", "a", "a", null, null));
    assert.deepEqual(
      visit.column("previous_page_location"),
      pages(null, null, null, null, "a", "a", "b", "b"),
    );
    assert.deepEqual(visit.column("next_page_title"), ["B", "B", "B", "B", "A", "A", null, null]);
    assert.deepEqual(visit.column("previous_page_title"), [null, null, null, null, "A", "A", "B", "B"]);
  });

  test("only the first view enters, only the last one leaves", () => {
    const yes = (...at: number[]) => Array.from({ length: 8 }, (_, i) => at.includes(i));
    assert.deepEqual(visit.column("session_is_entry_page"), yes(1));
    assert.deepEqual(visit.column("session_is_exit_page"), yes(6));
    assert.deepEqual(visit.column("page_is_bounce"), yes());
  });

  test("without a view everything is one span", () => {
    const { column } = viewOf([
      [0, "scroll", "a"],
      [2, "click", "a"],
      [5, "download", "a"],
    ]);
    assert.deepEqual(column("time_on_page"), [5, 5, 5]);
    assert.deepEqual(column("next_page_location"), [null, null, null]);
  });

  test("a lone view is a bounce, whatever else happened", () => {
    const { column, session } = viewOf([
      [0, "scroll", "a"],
      [1, "page_view", "b"],
      [2, "click", "b"],
    ]);
    assert.deepEqual(column("page_is_bounce"), [false, true, false]);
    assert.deepEqual(column("next_page_location"), pages("b", null, null));
    assert.equal(session["session_is_bounced"], true);
  });

  test("a page that is viewed again at once is no other page, before or after", () => {
    const { column } = viewOf([
      [0, "scroll", "a"],
      [1, "page_view", "a"],
      [2, "page_view", "b"],
      [3, "page_view", "b"],
      [4, "page_view", "b"],
      [5, "page_view", "c"],
    ]);
    assert.deepEqual(column("previous_page_location"), pages(null, null, "a", "a", "a", "b"));
    assert.deepEqual(column("next_page_location"), pages("b", "b", "c", "c", "c", null));
  });

  test("seconds on a page are whole ones that have passed", () => {
    for (const [seconds, whole] of [
      [0.999, 0],
      [1.999, 1],
      [2, 2],
    ] as const) {
      const { column } = viewOf([
        [0, "page_view", "a"],
        [seconds, "page_view", "b"],
      ]);
      assert.deepEqual(column("time_on_page"), [whole, 0]);
    }
  });

  test("events of one moment stay with their pages", () => {
    const { column } = viewOf([
      [0, "page_view", "a", { id: "z" }],
      [0, "page_view", "b", { id: "y" }],
      [1, "scroll", "b"],
    ]);
    assert.deepEqual(column("time_on_page"), [0, 1, 1]);
  });
});

/** Values of the session of these events, by the end of the column's name. */
const sessionOf = (rows: Parameters<typeof eventsOf>[0], ...names: string[]): readonly Json[] => {
  const { session } = viewOf(rows);
  return names.map((name) => session[`session_${name}`] ?? null);
};

describe("what a session says", () => {
  test("pages are those of its views; source, referrer and times are the first and last event's", () => {
    const rows = [
      [
        0,
        "scroll",
        "x",
        { traffic_source: "google", traffic_medium: "organic", page_referrer: "https://g/" },
      ],
      [1, "page_view", "a", { traffic_source: "news", click_id_gclid: "g1", utm_source: "s" }],
      [2, "page_view", "b", { click_id_gclid: "g2" }],
      [7, "click", "c"],
    ] as const;
    assert.deepEqual(
      sessionOf(
        rows,
        ...["entry_page_location", "second_page_title", "exit_page_location", "source", "medium", "term"],
        ...["referrer", "click_id_gclid", "utm_source", "duration", "total_events"],
        ...["first_event_time", "last_event_time", "split_cause"],
      ),
      [
        ...[...pages("a"), "B", ...pages("b"), "google", "organic", ""],
        ...["https://g/", "g1", "s", 7, 4],
        ...[0, 7000, null],
      ],
    );
  });

  test("device and place are those of the visitor with most events, the id is the first one's", () => {
    const device = (client_id: string, os: string) => ({ client_id, device_operating_system: os });
    const rows = [
      [0, "page_view", "a", device("v1", "Linux")],
      [1, "page_view", "a", device("v2", "iOS")],
      [2, "page_view", "a", device("v2", "Linux")],
    ] as const;
    assert.deepEqual(sessionOf(rows, "device_operating_system", "client_id"), ["iOS", "v1"]);
    assert.deepEqual(sessionOf(rows.slice(0, 2), "device_operating_system"), ["Linux"]);
  });

  test("things done are counted, different ones by name and value", () => {
    const link = (url: string) => ({ properties: { link_url: url } });
    const rows = [
      [0, "click", "a", link("https://x/")],
      [1, "click", "a", link("https://x/")],
      [2, "click", "a"],
      [3, "search", "a", { properties: { search_term: "red" } }],
      [4, "view_search_results", "a", { properties: { search_term: "red" } }],
      [5, "form_start", "a", { properties: { form_id: "f" } }],
      [6, "file_download", "a", link("https://x/")],
      [7, "video_start", "a"],
      [8, "video_complete", "a"],
      [9, "scroll", "a"],
    ] as const;
    const names = ["outbound_clicks", "site_searches", "form_interactions", "file_downloads"];
    assert.deepEqual(sessionOf(rows, ...names.map((name) => `total_${name}`)), [3, 2, 1, 1]);
    assert.deepEqual(sessionOf(rows, ...names.map((name) => `unique_${name}`)), [1, 2, 1, 1]);
    assert.deepEqual(sessionOf(rows, "total_video_engagements", "total_scrolls"), [2, 1]);
  });

  const engaged: readonly [string, Parameters<typeof eventsOf>[0], boolean][] = [
    ["one view", [[0, "page_view", "a"]], false],
    ["one screen", [[0, "screen_view", "a"]], false],
    [
      "two views",
      [
        [0, "page_view", "a"],
        [1, "page_view", "a"],
      ],
      true,
    ],
    [
      "two screens",
      [
        [0, "screen_view", "a"],
        [1, "screen_view", "a"],
      ],
      true,
    ],
    ["a purchase", [[0, "purchase", "a"]], true],
    ["the client's word", [[0, "scroll", "a", { client_session_engaged: true }]], true],
    ["the client's denial", [[0, "scroll", "a", { client_session_engaged: false }]], false],
  ];
  for (const [what, rows, expected] of engaged) {
    test(`${what}: ${expected ? "" : "not "}engaged`, () => {
      assert.deepEqual(sessionOf(rows, "is_engaged"), [expected]);
    });
  }

  test("a cart is abandoned when nothing is bought after the last thing was put into it", () => {
    const cart = (...names: string[]) =>
      sessionOf(
        names.map((name, i) => [i, name, "a"] as const),
        "abandoned_cart",
      )[0];
    assert.equal(cart("add_to_cart"), true);
    assert.equal(cart("add_to_cart", "purchase"), false);
    assert.equal(cart("add_to_cart", "purchase", "page_view", "add_to_cart"), true);
    assert.equal(cart("page_view", "purchase"), false);
  });

  test("revenue is exact, and null where nothing was sold for money", () => {
    const sale = (value: number) => ({ value });
    const rows = [
      [0, "purchase", "a", sale(0.1)],
      [1, "purchase", "a", sale(0.2)],
    ] as const;
    assert.deepEqual(sessionOf(rows, "revenue", "total_purchases"), [0.3, 2]);
    assert.deepEqual(sessionOf([[0, "purchase", "a", sale(12_345.67)]], "revenue"), [12_345.67]);
    assert.deepEqual(sessionOf([[0, "purchase", "a"]], "revenue"), [null]);
  });

  test("amounts of two currencies add up in none but USD", () => {
    const sale = (value: number, currency: string | null, usd: number | null) =>
      [0, "purchase", "a", { value, currency, value_in_usd: usd }] as const;
    const revenues = (...sales: readonly ReturnType<typeof sale>[]) =>
      sessionOf(sales, "revenue", "revenue_in_usd");
    assert.deepEqual(revenues(sale(10, "EUR", 11), sale(5, "EUR", 5.5)), [15, 16.5]);
    assert.deepEqual(revenues(sale(10, "EUR", 11), sale(5, "USD", 5)), [null, 16]);
    assert.deepEqual(revenues(sale(10, "EUR", 11), sale(5, "XYZ", null)), [null, null]);
    assert.deepEqual(revenues(sale(10, "XYZ", null), sale(5, "XYZ", null)), [15, null]);
    assert.deepEqual(revenues(sale(10, null, null), sale(5, "USD", 5)), [null, null]);
  });

  test("whoever was here before is known by the client's count", () => {
    const nth = (n: number) => ({ client_session_number: n });
    assert.deepEqual(sessionOf([[0, "scroll", "a", nth(1)]], "returning_user"), [false]);
    assert.deepEqual(
      sessionOf(
        [
          [0, "scroll", "a", nth(1)],
          [1, "scroll", "a", nth(99)],
        ],
        "returning_user",
      ),
      [true],
    );
  });
});

test("a view has exactly the columns that are listed, and takes all that events have of such", () => {
  const { session, places } = viewOf([[0, "page_view", "a"]]);
  assert.deepEqual(Object.keys(session).sort(), sessionColumns.map(({ name }) => name).sort());
  assert.deepEqual(
    Object.keys(places.get("e0") ?? {}),
    placeColumns.map(({ name }) => name),
  );
  const taken = [
    ...utmNames.map((name) => `utm_${name}`),
    ...clickNames.map((name) => `click_id_${name}`),
    ...mainNames,
  ];
  // The GA4 flat table has the country's name alone.
  const there = eventColumns
    .map(({ name }) => name)
    .filter((name) => /^(utm|click_id|geo|device)_/.test(name));
  assert.deepEqual(taken.sort(), there.filter((name) => name !== "geo_country_code").sort());
});
