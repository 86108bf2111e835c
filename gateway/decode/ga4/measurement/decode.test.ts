import assert from "node:assert/strict";
import { test } from "node:test";
import { answerTo, decode, decodeOne, problemsOf, receivedAt, serverHit, site } from "../test-hit.ts";

const purchase = {
  name: "purchase",
  timestamp_micros: (receivedAt - 5000) * 1000 + 123,
  params: {
    currency: "eur",
    value: "30.03",
    transaction_id: "T-1",
    session_id: 123,
    engagement_time_msec: "100",
    page_location: "https://shop.example/thanks",
    level: 3,
    fatal: false,
    note: "hello",
    nested: { a: 1 },
    items: [
      { item_id: "SKU_1", item_name: "Tee", price: 10.01, quantity: 3, size: "XL" },
      { item_name: "Cap", price: "2" },
    ],
  },
};

test("a purchase that the site's server reports", () => {
  const { event, keyTime, client } = decodeOne(
    serverHit({
      client_id: "111.222",
      user_id: "u-7",
      user_properties: { plan: { value: "gold" }, visits: { value: 4 } },
      consent: { ad_user_data: "GRANTED", ad_personalization: "DENIED" },
      ip_override: "198.51.100.9",
      user_agent: "Mozilla/5.0 (X11; Linux x86_64)",
      device: { category: "mobile", language: "de", model: "Pixel 9" },
      user_location: { country_id: "DE", city: "Berlin" },
      events: [purchase],
    }),
  );
  const { id, ...rest } = event;
  assert.match(id, /^[0-9a-f-]{14}-?8/);
  assert.deepEqual(rest, {
    property_id: "main",
    tracking_protocol: "ga4_mp",
    type: "track",
    name: "purchase",
    timestamp_utc: receivedAt - 5000,
    received_at: receivedAt,
    measurement_id: "G-TEST123",
    privacy_ads_user_data: true,
    privacy_ads_personalization: false,
    client_id: "111.222",
    user_id: "u-7",
    ip_address: "198.51.100.9",
    traits: { plan: "gold", visits: 4 },
    device_category: "mobile",
    device_language: "de",
    device_mobile_model_name: "Pixel 9",
    geo_country: "DE",
    geo_city: "Berlin",
    page_location: "https://shop.example/thanks",
    client_session_id: "123",
    engagement_time_ms: 100,
    value: 30.03,
    order_id: "T-1",
    currency: "EUR",
    ecommerce_purchase_revenue: 32.03,
    ecommerce_refund_value: 0,
    ecommerce_shipping_value: 0,
    ecommerce_unique_items: 2,
    ecommerce_items_total_quantity: 4,
    ecommerce_items: [
      {
        item_id: "SKU_1",
        item_name: "Tee",
        price: 10.01,
        quantity: 3,
        item_params: { size: "XL" },
        item_revenue: 30.03,
        item_refund: 0,
      },
      { item_name: "Cap", price: 2, quantity: 1, item_revenue: 2, item_refund: 0 },
    ],
    properties: {
      currency: "eur",
      value: 30.03,
      transaction_id: "T-1",
      level: 3,
      fatal: false,
      note: "hello",
      nested: { a: 1 },
    },
  });
  assert.equal(keyTime, receivedAt - 5000);
  assert.deepEqual(client, { address: "198.51.100.9", userAgent: "Mozilla/5.0 (X11; Linux x86_64)" });
});

test("an app is told from a web stream, with its platform and its installation", () => {
  const { event, client } = decodeOne(
    serverHit(
      { app_instance_id: "abc123", events: [{ name: "screen_view", params: { firebase_screen: "Home" } }] },
      { query: "firebase_app_id=1:1234:android:56ef" },
    ),
  );
  assert.deepEqual(
    [event.type, event.client_id, event.app, event.platform, event.measurement_id, event.properties],
    ["screen", "abc123", "1:1234:android:56ef", "android", undefined, { firebase_screen: "Home" }],
  );
  assert.deepEqual(client, {}, "the request's own agent is the server's");
});

test("the same request twice is the same events, where they have a time of their own", () => {
  const body = { client_id: "1.2", events: [purchase, purchase, { ...purchase, name: "refund" }] };
  const first = decode(serverHit(body)).events;
  const again = decode(serverHit(body, { receivedAt: receivedAt + 60_000 })).events;
  assert.deepEqual(
    again.map(({ event, keyTime }) => [event.id, keyTime]),
    first.map(({ event, keyTime }) => [event.id, keyTime]),
  );
  assert.equal(new Set(first.map(({ event }) => event.id)).size, 3);
});

test("a time said once holds for all, an old one is believed, one in the future is not", () => {
  const day = 86_400_000;
  const at = (ms: number) => {
    const { event } = decodeOne(
      serverHit({ client_id: "1.2", timestamp_micros: String(ms * 1000), events: [{ name: "a" }] }),
    );
    return [event.timestamp_utc, event.client_time, problemsOf(event)];
  };
  assert.deepEqual(at(receivedAt - 9 * day), [receivedAt - 9 * day, undefined, []]);
  assert.deepEqual(at(receivedAt + day), [receivedAt, receivedAt + day, ["timestamp"]]);
});

test("a server may say that the session is engaged, as a tag does", () => {
  const engagedBy = (said: unknown) =>
    decodeOne(serverHit({ client_id: "1.2", events: [{ name: "a", params: { session_engaged: said } }] }))
      .event.client_session_engaged;
  assert.deepEqual(["1", 1, true, "0", "", "x", null].map(engagedBy), [
    ...[true, true, true, false],
    ...[undefined, undefined, undefined],
  ]);
});

test("milliseconds are no microseconds: they would be January of 1970", () => {
  const { event } = decodeOne(
    serverHit({ client_id: "1.2", events: [{ name: "a", timestamp_micros: receivedAt - 5000 }] }),
  );
  assert.equal(event.timestamp_utc, receivedAt);
});

test("long numbers keep their digits: two ids are never one person", () => {
  const ids = '"client_id": 12345678901234567891, "user_id": 98765432109876543211';
  const { event } = decodeOne(
    serverHit(`{${ids}, "events": [{ "name": "a", "params": { "ticket": 12345678901234567893 } }]}`),
  );
  assert.deepEqual(
    [event.client_id, event.user_id, event.properties],
    ["12345678901234567891", "98765432109876543211", { ticket: "12345678901234567893" }],
  );
});

test("one bad event never costs the others, and a bad request says what it lacks", () => {
  const { events, rejects } = decode(
    serverHit({ client_id: "1.2", events: [{ name: "a" }, null, { params: {} }, { name: "b", params: 7 }] }),
  );
  assert.deepEqual(
    events.map(({ event }) => event.name),
    ["a", "b"],
  );
  assert.deepEqual(
    rejects.map(({ reason }) => reason),
    ["events[1]: no event name", "events[2]: no event name"],
  );
  for (const [hit, reason] of [
    [serverHit("{"), /no JSON object/],
    [serverHit([]), /no JSON object/],
    [serverHit({ events: [{ name: "a" }] }), /no client_id/],
    [serverHit({ client_id: "1.2" }), /no list of events/],
    [serverHit({ client_id: "1.2", events: [] }), /no list of events/],
    [serverHit({ client_id: "1.2", events: [{ name: "a" }] }, { query: "" }), /no stream/],
    [
      serverHit(
        { client_id: "1.2", events: [{ name: "a" }] },
        { site: { ...site, measurementIds: ["G-9"] } },
      ),
      /none of the measurementIds/,
    ],
  ] as const) {
    assert.match(decode(hit).rejects[0]?.reason ?? "", reason);
    assert.equal(answerTo(hit)?.status, 400);
  }
  assert.equal(answerTo(serverHit({ client_id: "1.2", events: [{ name: "a" }] }))?.status, 204);
});

test("contacts and secrets are left out and named", () => {
  const { event } = decodeOne(
    serverHit({
      client_id: "1.2",
      user_data: { sha256_email_address: "…" },
      user_properties: { email: { value: "a@b.c" }, plan: { value: "gold" } },
      events: [{ name: "a", params: { token: "x", password: "y", ok: 1 } }],
    }),
  );
  assert.deepEqual([event.traits, event.properties], [{ plan: "gold" }, { ok: 1 }]);
  assert.deepEqual(problemsOf(event).sort(), ["email", "password", "token", "user_data"]);
});

test("a visitor who refuses is nobody here, too", () => {
  const { event } = decodeOne(
    serverHit({
      client_id: "1.2",
      user_id: "u",
      ip_override: "198.51.100.9",
      consent: { analytics_storage: "DENIED" },
      device: { category: "mobile", brand: "Google", model: "Pixel 9", operating_system_version: "14" },
      user_location: { country_id: "DE", region_id: "DE-BE", city: "Berlin" },
      events: [{ name: "a", params: { session_id: "1" } }],
    }),
  );
  assert.deepEqual(
    [event.client_id, event.user_id, event.ip_address, event.client_session_id, event.consent],
    [undefined, undefined, undefined, undefined, "denied"],
  );
  const said = Object.keys(event).filter((name) => /^(device|geo)_/.test(name));
  assert.deepEqual(said, ["device_category"]);
});

test("what cannot be read is shown, but not of a visitor who refuses", () => {
  const samplesOf = (body: object) => decode(serverHit(body)).rejects.map(({ sample }) => sample);
  const nameless = { client_id: "1.2", events: [{ params: { a: 1 } }] };
  const denied = { consent: { analytics_storage: "DENIED" } };
  assert.deepEqual(samplesOf(nameless), ['{"params":{"a":1}}']);
  assert.deepEqual(samplesOf({ ...nameless, ...denied }), [""]);
  assert.deepEqual(samplesOf({ client_id: "1.2", user_id: "u" }), ['{"client_id":"1.2","user_id":"u"}']);
  assert.deepEqual(samplesOf({ client_id: "1.2", user_id: "u", ...denied }), [""]);
});

test("what is not of the kind it should be is left out and named, whatever is around it", () => {
  const table: readonly (readonly [body: object, event: object, problem: string])[] = [
    [{}, { params: [1] }, "params"],
    [{}, { params: "level=3" }, "params"],
    [{}, { timestamp_micros: "yesterday" }, "timestamp_micros"],
    [{ timestamp_micros: -1 }, {}, "timestamp_micros"],
    [{ timestamp_micros: receivedAt * 1000 }, { timestamp_micros: "yesterday" }, "timestamp_micros"],
    [{ timestamp_micros: receivedAt }, {}, "timestamp_micros"],
    [{}, { timestamp_micros: receivedAt / 1000 }, "timestamp_micros"],
    [{ user_properties: "gold" }, {}, "user_properties"],
    [{ user_id: { id: 7 } }, {}, "user_id"],
    [{ user_agent: 5 }, {}, "user_agent"],
    [{ device: "mobile" }, {}, "device"],
    [{ user_location: ["DE"] }, {}, "user_location"],
    [{ consent: "GRANTED" }, {}, "consent"],
    [{ consent: { ad_user_data: "YES" } }, {}, "consent.ad_user_data"],
  ];
  for (const [body, event, problem] of table) {
    const keyed = decodeOne(serverHit({ client_id: "1.2", ...body, events: [{ name: "a", ...event }] }));
    assert.deepEqual(problemsOf(keyed.event), [problem]);
  }
});

test("what is nested too deeply to be written again costs nothing but its known id", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const timed = `{"name": "deep", "timestamp_micros": ${purchase.timestamp_micros}, "params": {"a": ${deep}}}`;
  const { events, rejects } = decode(
    serverHit(`{"client_id": "1.2", "events": [${timed}, ${deep}, {"name": "b"}]}`),
  );
  assert.deepEqual(
    events.map(({ event }) => [event.name, problemsOf(event)]),
    [
      ["deep", ["a"]],
      ["b", []],
    ],
  );
  assert.deepEqual(rejects, [{ reason: "events[1]: no event name", sample: "" }]);
  const { rejects: refused } = decode(serverHit(`{"a": ${deep}}`));
  assert.match(refused[0]?.sample ?? "", /^\{"a": \[\[\[/);
});
