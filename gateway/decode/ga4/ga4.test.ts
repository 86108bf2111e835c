import assert from "node:assert/strict";
import { test } from "node:test";
import { hashedId } from "../../model/ids.ts";
import { createGa4 } from "./ga4.ts";
import { answerTo, decode, decodeOne, eventOf, hitOf, problemsOf, receivedAt, site } from "./test-hit.ts";

test("a page view of the tag, as a browser sends it", () => {
  const { event, keyTime } = decodeOne(
    hitOf({
      v: "2",
      gtm: "45je5b31v9117",
      _p: "1772366398123",
      gcs: "G111",
      gcd: "13t3t3t3t1l1",
      npa: "0",
      cid: "1369988567.1756151735",
      ul: "en-us",
      sr: "2560x1440",
      uaa: "x86",
      uap: "Linux",
      _s: "2",
      sid: "1758117262",
      sct: "3",
      seg: "1",
      uid: "u-7",
      cu: "eur",
      cs: "news",
      cm: "email",
      cn: "may",
      ci: "c-1",
      ct: "shoes",
      cc: "top",
      dl: "https://shop.example/a?gtm_debug=17#x",
      dr: "https://www.google.com/",
      dt: "Shop",
      en: "page_view",
      _fv: "1",
      _ss: "1",
      _nsi: "1",
      _ee: "1",
      tt: "internal",
      "ep.content_group": "news",
      "epn.percent_scrolled": "90",
      "ep.fatal": "true",
      "up.plan": "gold",
      "upn.visits": "4",
      _et: "1500",
      tfd: "812",
    }),
  );
  assert.deepEqual(event, {
    id: hashedId([
      "ga4",
      "G-TEST123",
      "1369988567.1756151735",
      "1758117262",
      "1772366398123",
      "2",
      "page_view",
      "0",
    ]),
    property_id: "main",
    tracking_protocol: "ga4_gtag",
    type: "page",
    name: "page_view",
    timestamp_utc: receivedAt,
    received_at: receivedAt,
    consent: "granted",
    measurement_id: "G-TEST123",
    page_location: "https://shop.example/a?gtm_debug=17#x",
    page_title: "Shop",
    page_referrer: "https://www.google.com/",
    device_language: "en-us",
    device_screen_resolution: "2560x1440",
    traffic_type: "internal",
    utm_source: "news",
    utm_medium: "email",
    utm_campaign: "may",
    utm_id: "c-1",
    utm_term: "shoes",
    utm_content: "top",
    client_id: "1369988567.1756151735",
    user_id: "u-7",
    client_session_id: "1758117262",
    gtm_debug: "17",
    privacy_analytics_storage: true,
    privacy_ads_storage: true,
    privacy_ads_user_data: true,
    privacy_ads_personalization: true,
    engagement_time_ms: 1500,
    client_session_number: 3,
    client_session_engaged: true,
    client_first_visit: true,
    client_session_start: true,
    client_session_new: true,
    page_load_hash: 1_772_366_398_000,
    sequence: 2000,
    ip_address: "203.0.113.77",
    currency: "EUR",
    // Nothing in euros, so that the same in dollars is nothing, too, and not unknown.
    ecommerce_purchase_revenue: 0,
    ecommerce_refund_value: 0,
    ecommerce_shipping_value: 0,
    ecommerce_unique_items: 0,
    ecommerce_items_total_quantity: 0,
    properties: { content_group: "news", percent_scrolled: 90, fatal: true, currency: "eur" },
    traits: { plan: "gold", visits: 4 },
    protocol_fields: { _ee: "1" },
  });
  assert.equal(keyTime, 1_772_366_398_123);
});

test("lines of a body are events of their own, and each takes the place of what the query says", () => {
  const body = "en=page_view&_et=3674\r\n\n  en=click&_et=799&dt=Test%20Page&ep.label=a+b \n";
  const { events, rejects } = decode(hitOf({ dt: "Home", sid: "s1" }, { body }));
  assert.deepEqual(rejects, []);
  assert.deepEqual(
    events.map(({ event }) => [event.name, event.engagement_time_ms, event.page_title, event.properties]),
    [
      ["page_view", 3674, "Home", undefined],
      ["click", 799, "Test Page", { label: "a b" }],
    ],
  );
  assert.deepEqual(
    events.map(({ event }) => event.sequence ?? 0),
    [0, 1],
  );
});

test("lines keep their order, however many there are", () => {
  const body = Array.from({ length: 1500 }, (_, i) => `en=e${i}`).join("\n");
  const [tag] = createGa4({ batchEvents: 5000 });
  for (const query of [{}, { _s: "3" }]) {
    const places = tag?.decode(hitOf(query, { body })).events.map(({ event }) => event.sequence ?? 0) ?? [];
    assert.equal(places.length, 1500);
    assert.ok(places.every((place, i) => i === 0 || place > (places[i - 1] ?? 0)));
  }
});

test("what is encoded right is decoded, whatever stands beside it", () => {
  const titles = ["100%25%20sure%", "50%-off%20now", "%E9t%E9%20x", "a+b%2Bc", "%c3%bc%C3%BC"];
  const { events } = decode(hitOf({}, { body: titles.map((title) => `en=x&dt=${title}`).join("\n") }));
  assert.deepEqual(
    events.map(({ event }) => event.page_title),
    ["100% sure%", "50%-off now", "%E9t%E9%20x", "a b+c", "üü"],
  );
});

test("counts may be below zero, as any whole number", () => {
  const { event } = decodeOne(hitOf({ _et: "-3", sct: "-1", seg: "-1" }));
  assert.deepEqual(
    [event.engagement_time_ms, event.client_session_number, event.client_session_engaged],
    [-3, -1, true],
  );
});

test("a count that is none is named", () => {
  const event = eventOf({ _s: "x", _et: "1.5", sct: "a", seg: "b" });
  assert.deepEqual(problemsOf(event).sort(), ["_et", "_s", "sct", "seg"]);
  assert.deepEqual([event.sequence, event.engagement_time_ms], [undefined, undefined]);
});

test("a parameter that its column reads in another way is kept as it was sent", () => {
  const { event } = decodeOne(
    hitOf({
      "ep.level": "3",
      "ep.fatal": "maybe",
      "epn.score": "1.5",
      "epn.foo": "2",
      "ep.foo": "x",
      "ep.email": "a@b.c",
    }),
  );
  assert.deepEqual(event.properties, { level: 3, foo: 2 });
  assert.deepEqual(event.protocol_fields, {
    "ep.level": "3",
    "ep.fatal": "maybe",
    "epn.score": "1.5",
    "ep.foo": "x",
  });
});

test("one bad line never costs the others", () => {
  const { events, rejects } = decode(
    hitOf({ en: "" }, { body: "en=a\n_et=5\nen=b&tid=\nen=c&epn.value=NaN&sct=x" }),
  );
  assert.deepEqual(
    events.map(({ event }) => event.name),
    ["a", "c"],
  );
  assert.deepEqual(
    rejects.map(({ reason }) => reason),
    ["no event name (en)", "no measurement id (tid)"],
  );
  assert.deepEqual(problemsOf(events[1]?.event ?? assert.fail()), ["sct", "epn.value"]);
  assert.equal(answerTo(hitOf({ en: "" }, { body: "en=a\n_et=5" }))?.status, 204);
});

test("a body of blank lines says nothing: the query is the event", () => {
  assert.equal(decode(hitOf({}, { body: "  \n " })).events.length, 1);
});

test("what nobody can be told from is refused without a reason in the answer", () => {
  for (const missing of ["tid", "cid", "en"]) {
    const hit = hitOf({ [missing]: "" });
    assert.equal(decode(hit).events.length, 0, missing);
    assert.match(decode(hit).rejects[0]?.reason ?? "", new RegExp(`\\(${missing}\\)`));
    assert.deepEqual([answerTo(hit)?.status, answerTo(hit)?.body], [400, "Bad Request"]);
  }
});

test("a measurement id must be one of the site's", () => {
  const cases: readonly [patterns: string[], id: string, owned: boolean][] = [
    [[], "G-1", false],
    [["*"], "anything", true],
    [["G-1", "G-2"], "G-2", true],
    [["G-1"], "G-11", false],
    [["G-*"], "UA-1", false],
    [["G-*"], "G-ABC", true],
    [["G-*-x"], "G--x", true],
    [["G-*-x"], "G-x", false],
    [["*A*B*"], "xAyBz", true],
    [["*A*B*"], "xByAz", false],
    [["a*a"], "a", false],
    [["*".repeat(60) + "b"], "a".repeat(5000), false],
  ];
  for (const [measurementIds, tid, owned] of cases) {
    const { events, rejects } = decode(hitOf({ tid }, { site: { ...site, measurementIds } }));
    assert.equal(events.length, owned ? 1 : 0, `${measurementIds} ${tid}`);
    if (!owned) assert.match(rejects[0]?.reason ?? "", /none of the measurementIds of site main/);
  }
});

test("a hit that is sent again has the id it had, another of its page has another", () => {
  const first = decodeOne(hitOf({ _p: "1772366398123", _s: "1", sid: "1" }));
  const again = decodeOne(
    hitOf({ _p: "1772366398123", _s: "1", sid: "1" }, { receivedAt: receivedAt + 60_000 }),
  );
  assert.deepEqual([again.event.id, again.keyTime], [first.event.id, first.keyTime]);
  for (const change of [{ _s: "2" }, { en: "click" }, { cid: "9.9" }, { sid: "2" }, { tid: "G-2" }]) {
    const other = decodeOne(hitOf({ _p: "1772366398123", _s: "1", sid: "1", ...change }));
    assert.notEqual(other.event.id, first.event.id, JSON.stringify(change));
  }
  const random = decodeOne(hitOf({ _p: "48215", _s: "1" }));
  assert.equal(random.keyTime, null, "the id alone is the key where no time is in the hit");
});

test("a hit without them is known by its request, and two of one millisecond are two", () => {
  const hit = hitOf({}, { body: "en=a\nen=a" });
  const { events } = decode(hit);
  const ids = events.map(({ event }) => event.id);
  assert.equal(new Set(ids).size, 2);
  assert.deepEqual(
    decode(hit).events.map(({ event }) => event.id),
    ids,
  );
  assert.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab]/.test(id)));
  assert.deepEqual(
    events.map(({ keyTime }) => keyTime),
    [receivedAt, receivedAt],
  );
});

test("who refuses analytics is nobody, and what happened still counts", () => {
  const query = {
    gcs: "G100",
    uid: "u-7",
    sid: "1",
    "up.plan": "gold",
    fss: "x",
    "ep.ga_session_id": "1",
    "ep.method": "email",
    dl: "https://shop.example/",
  };
  const event = eventOf(query);
  assert.equal(event.consent, "denied");
  assert.equal(event.privacy_analytics_storage, false);
  assert.equal(event.page_location, "https://shop.example/");
  assert.deepEqual(event.properties, { method: "email" });
  for (const column of [
    "client_id",
    "user_id",
    "client_session_id",
    "ip_address",
    "traits",
    "session_stamp",
  ] as const)
    assert.equal(event[column], undefined, column);
});

test("where the site asks for consent, the client's yes is one and its silence is none", () => {
  const privacy = { tracking: "none", consent: null, reason: "consent" } as const;
  assert.equal(eventOf({}, { privacy }).client_id, undefined);
  assert.equal(eventOf({ gcs: "G101" }, { privacy }).client_id, "111.222");
  const gpc = { tracking: "none", consent: null, reason: "gpc" } as const;
  assert.equal(eventOf({ gcs: "G111" }, { privacy: gpc }).client_id, undefined);
});

test("an address is taken from a hit only where a server of the site says it", () => {
  const stranger = decodeOne(hitOf({ _uip: "198.51.100.9" }));
  assert.equal(stranger.event.ip_address, "203.0.113.77");
  assert.equal(stranger.client, undefined);
  assert.deepEqual(problemsOf(stranger.event), ["_uip"]);
  const own = { ...site, trustServerEvents: ["203.0.113.0/24"] };
  const server = decodeOne(hitOf({ _uip: "198.51.100.9", ua: "Agent/1" }, { site: own }));
  assert.equal(server.event.ip_address, "198.51.100.9");
  assert.deepEqual(server.client, { address: "198.51.100.9", userAgent: "Agent/1" });
  const keyed = decodeOne(hitOf({}, { trusted: true }));
  assert.equal(keyed.event.ip_address, undefined, "a server's own address is nobody's");
  assert.deepEqual(keyed.client, { userAgent: hitOf({}).headers["user-agent"] });
  const wrong = decodeOne(hitOf({ _uip: "198.51.100", ua: "Agent/1" }, { site: own }));
  assert.deepEqual([wrong.client, problemsOf(wrong.event)], [{ userAgent: "Agent/1" }, ["_uip"]]);
  assert.equal(
    wrong.event.ip_address,
    undefined,
    "nor is that of a server that names none which can be read",
  );
  assert.equal(eventOf({ ua: "Agent/1" }, { site: own }).ip_address, undefined);
  const visitor = decodeOne(hitOf({}, { site: own }));
  assert.deepEqual([visitor.client, visitor.event.ip_address], [undefined, "203.0.113.77"]);
});

test("addresses are masked by the site's level", () => {
  for (const [level, address, masked] of [
    [0, "192.168.1.123", "192.168.1.123"],
    [1, "192.168.1.123", "192.168.1.0"],
    [4, "192.168.1.123", "0.0.0.0"],
    [2, "2001:db8:1234:5678::1", "2001:db8::"],
    [4, "2001:db8:1234:5678::1", "::"],
    [4, "::ffff:192.168.1.123", "0.0.0.0"],
    [4, "nonsense", undefined],
  ] as const)
    assert.equal(eventOf({}, { site: { ...site, ipMasking: level }, address }).ip_address, masked, address);
});

test("what a broken tag sends as everybody's id is nobody's", () => {
  const event = eventOf({ cid: "undefined.undefined" });
  assert.equal(event.client_id, undefined);
  assert.deepEqual(problemsOf(event), ["cid"]);
});

test("the same tag on another path says so", () => {
  const event = decodeOne({ ...hitOf({}), path: "/d/c", base: "/d/c" }).event;
  assert.equal(event.tracking_protocol, "d8a");
});

test("a parameter is read as what it is, whichever way it was sent", () => {
  const event = eventOf({
    "epn.exposure_time": "12",
    "ep.level": "3",
    "epn.transaction_id": "900719925474099312",
    "ep.value": "9.5",
    "ep.unknown": "5",
    "epn.unknown_number": "5",
    "ep.empty": "",
    "epn.bad": "0x1p-2",
    "ep.token": "abc",
    "ep.Email": "a@b.c",
    "ep.": "x",
  });
  assert.deepEqual(event.properties, {
    exposure_time: 12,
    level: 3,
    transaction_id: "900719925474099312",
    value: 9.5,
    unknown: "5",
    unknown_number: 5,
    empty: null,
  });
  assert.deepEqual([event.value, event.order_id], [9.5, "900719925474099312"]);
  assert.deepEqual(problemsOf(event), ["epn.bad", "ep.token", "ep.Email", "ep."]);
});

test("a request that would become many large rows is read as far as is fair", () => {
  const query = { ...Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`ep.x${i}`, "1"])) };
  const { events, rejects } = decode(hitOf(query, { body: "en=a\n".repeat(100) }));
  assert.ok(events.length > 10 && events.length < 100, `${events.length} events`);
  assert.match(rejects[0]?.reason ?? "", /lines in one request/);
  assert.ok(problemsOf(events[0]?.event ?? assert.fail()).includes("query"));
});

test("a currency that is none is named and left out", () => {
  assert.equal(eventOf({ cu: "EURO" }).currency, undefined);
  assert.deepEqual(problemsOf(eventOf({ cu: "EURO" })), ["currency"]);
  assert.equal(eventOf({ cu: "EUR", "ep.currency": "usd" }).currency, "USD");
});

test("the tag's own field for the currency is the parameter of that name, which counts where both are sent", () => {
  assert.deepEqual(eventOf({ cu: "EUR" }).properties, { currency: "EUR" });
  assert.deepEqual(eventOf({ cu: "EUR", "ep.currency": "USD" }).properties, { currency: "USD" });
  assert.equal(eventOf({ cu: "EURO" }).properties, undefined);
});
