import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Column, type ColumnType, eventColumns } from "../../model/event.ts";
import { eventOf, get, post, problemsOf } from "./test-hit.ts";

const wrong: Record<ColumnType, unknown> = {
  uuid: { not: "an id" },
  text: { not: "a text" },
  int: "many",
  float: [1],
  bool: "perhaps",
  time: "yesterday",
  json: 5,
};

describe("a value of the wrong type is left out, named, and costs nothing else", () => {
  for (const column of eventColumns as readonly Column[]) {
    for (const key of column.native ?? []) {
      test(`${key} for ${column.name}`, () => {
        const event = eventOf(post({ tz: "UTC", app: "shop", mine: 1, [key]: wrong[column.type] }));
        assert.ok(problemsOf(event).includes(key));
        assert.deepEqual(event.properties, { mine: 1 });
        if (key !== "app") assert.equal(event.app, "shop");
        if (key !== "tz") assert.equal(event.tz, "UTC");
      });
    }
  }
});

const refused: readonly [key: string, value: unknown, problem: RegExp][] = [
  ["lat", 91, /degrees/],
  ["lon", -181, /degrees/],
  ["value", 1_000_000_001, /billion/],
  ["value", "1e999", /number/],
  ["currency", "euros", /three letters/],
  ["w", -375, /pixels/],
  ["h", "wide", /whole number/],
  ["duration", -1, /milliseconds/],
  ["duration", "1e300", /whole number/],
  ["cflags", 1.5, /whole number/],
  ["ehash", "a@b.com", /hash/],
  ["auth", "eyJhbGciOiJIUzI1NiJ9.e30.x", /token/],
  ["vid", "undefined", /stands for nobody/],
  ["vid", "00000000-0000-0000-0000-000000000000", /stands for nobody/],
  ["vid", "a b", /id of up to 128/],
  ["type", "exposure", /write key/],
  ["type", "nonsense", /expected one of/],
  ["params", [1], /object/],
  ["params", "text", /object/],
  ["email", { a: 1 }, /text/],
  ["score", "0x10", /number/],
  ["score", " ", /number/],
  ["score", `1${"0".repeat(40)}`, /number/],
  ["created", -1, /milliseconds/],
  ["created", 253_402_300_800_000, /milliseconds/],
  ["created", "2026-13-01T00:00:00Z", /RFC 3339/],
  ["time", "Mar 1, 2026", /RFC 3339/],
];

describe("a value out of its range is left out and named", () => {
  for (const [key, value, problem] of refused) {
    test(`${key}: ${JSON.stringify(value)}`, () => {
      const event = eventOf(post({ [key]: value, app: "shop" }));
      assert.equal(event.problems?.length, 1);
      assert.equal(event.problems[0]?.field, key);
      assert.match(event.problems[0].problem, problem);
      assert.equal(event.app, "shop");
      assert.doesNotMatch(JSON.stringify(event), /a@b\.com|eyJ|euros/);
    });
  }
});

const read: readonly [sent: Record<string, unknown>, stored: Record<string, unknown>][] = [
  [
    { rel: 1.5, ver: 3, app: true },
    { release: "1.5", version: "3", app: "true" },
  ],
  [
    { score: "1e3", lat: " -3.5 ", w: "375" },
    { score: 1000, lat: -3.5, vp_w: 375 },
  ],
  [
    { w: 392.73, h: "812.5", duration: 34752.4 },
    { vp_w: 393, vp_h: 813, engagement_time_ms: 34752 },
  ],
  [{ first: 1 }, { first: true }],
  [{ first: "FALSE" }, { first: false }],
  [
    { currency: "eur", country: "de" },
    { currency: "EUR", geo_country: "DE" },
  ],
  [{ targets: '{"a":["b"]}' }, { targets: { a: ["b"] } }],
  [
    { sess: "3D0BE301CBD211E8AA59FFD128A54D91" },
    { client_session_id: "3d0be301-cbd2-11e8-aa59-ffd128a54d91" },
  ],
  [{ etype: "click", etyp: "tap" }, { event_category: "tap" }],
  [
    { auth_id: "x", oid: "y", version: "2" },
    { auth: "x", org: "y", version: "2" },
  ],
  [
    { gclid: "G1", utm_id: "7" },
    { click_id_gclid: "G1", utm_id: "7" },
  ],
  [{ params: { score: 5, ref: "R1", outcome: "won", sink: "cw$" } }, { score: 5, ref: "R1", outcome: "won" }],
  [{ score: 1, params: { score: 5 } }, { score: 1 }],
  [{ version: "b", ver: "a" }, { version: "a" }],
  [
    { device_id: "D1", vp_w: 400, vp_h: 800 },
    { did: "D1", vp_w: 400, vp_h: 800 },
  ],
  [
    { params: { utm_source: "fb", UTM_Medium: "Cpc", utm_content: "btn" } },
    {
      name: "event",
      utm_source: "fb",
      utm_medium: "Cpc",
      utm_content: "btn",
      properties: { utm_source: "fb", UTM_Medium: "Cpc", utm_content: "btn" },
    },
  ],
  [
    { source: "mail", params: { utm_source: "fb", utm_campaign: 7 } },
    { utm_source: "mail", utm_campaign: "7" },
  ],
  [{ params: '{"plan":"pro"}' }, { properties: { plan: "pro" } }],
  [{ plan: "free", params: { plan: "pro" } }, { properties: { plan: "pro" } }],
  [
    { params: { type: "a", vid: "mine", score: "high" } },
    { properties: { type: "a", vid: "mine", score: "high" } },
  ],
  [{ type: "shirt" }, { properties: { type: "shirt" } }],
  [{ acct: "x", tu: 1, gu: 1 }, { properties: { gu: 1 } }],
];

describe("lenient about how a value is written", () => {
  for (const [sent, stored] of read) {
    test(JSON.stringify(sent), () => {
      const event = eventOf(post(sent)) as unknown as Record<string, unknown>;
      for (const [column, value] of Object.entries(stored)) assert.deepEqual(event[column], value, column);
    });
  }
});

test("a lifted field stays in the properties only where the original keeps it in both", () => {
  const event = eventOf(
    post({ params: { sink: "s", score: 1, ename: "e", outcome: "o", aff: "A", ref: "R" } }),
  );
  assert.deepEqual(event.properties, { aff: "A", ref: "R" });
});

test("the properties of an event that says it is a track or an outcome hold its amount; others keep what is called so", () => {
  for (const type of ["track", "outcome"]) {
    const event = eventOf(
      post({ type, ename: "e", params: { value: 5, currency: "eur", Value: 6, order: 7 } }),
    );
    assert.deepEqual([event.value, event.currency], [5, "EUR"]);
    assert.deepEqual([event.properties, event.problems ?? null], [{ Value: 6, order: 7 }, null]);
  }
  for (const type of [undefined, "page", "identify", "screen"]) {
    const event = eventOf(post({ type, ename: "e", params: { value: 5, currency: "EUR" } }));
    assert.deepEqual([event.value ?? null, event.properties], [null, { value: 5, currency: "EUR" }]);
  }
  const said = eventOf(post({ type: "track", ename: "e", value: 1, params: { value: 5 } }));
  assert.deepEqual([said.value, said.properties ?? null], [1, null], "what is said outside wins");
});

test("an amount that is no number stays a property, and is named", () => {
  const event = eventOf(post({ type: "track", ename: "e", params: { value: "red", currency: 5 } }));
  assert.deepEqual([event.value ?? null, event.currency ?? null], [null, null]);
  assert.deepEqual(event.properties, { value: "red" });
  assert.deepEqual(problemsOf(event).sort(), ["currency", "value"]);
});

test("what a body says under one name of a field beats what path and query say under another", () => {
  const event = eventOf(post({ version: "body", etype: "body" }, "/tr/v1/ver/path/etyp/path?ver=query"));
  assert.equal(event.version, "body");
  assert.equal(event.event_category, "body");
});

test("an empty id or text is an absent one, and no problem", () => {
  for (const key of ["plid", "title"]) {
    const event = eventOf(post({ app: "shop", [key]: "" }));
    assert.equal(event.problems ?? null, null, key);
    assert.deepEqual([event.page_load_id ?? null, event.page_title ?? null], [null, null]);
  }
});

test("a repeated key in a query gives a column its first value, and says so", () => {
  const event = eventOf(get("/tr/v1/?app=one&app=two"));
  assert.equal(event.app, "one");
  assert.deepEqual(problemsOf(event), ["app"]);
});

test("what is not percent-encoded UTF-8 is kept as it was sent, and named", () => {
  const event = eventOf(get("/tr/v1/x/%ff?y=%zz"));
  assert.deepEqual(event.properties, { x: "%ff", y: "%zz" });
  assert.deepEqual(problemsOf(event), ["%ff", "%zz"]);
});

test("hundreds of bad fields are named up to a limit", () => {
  const fields = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, "\0"]));
  const event = eventOf(post(fields));
  assert.equal(event.problems?.length, 33);
  assert.equal(Object.keys(event.properties ?? {}).length, 500);
});

test("a number past all numbers is no text, and the last moment of the year 9999 is a time", () => {
  const event = eventOf(post('{"rel":1e999,"app":"shop"}'));
  assert.deepEqual([event.release, problemsOf(event), event.app], [undefined, ["rel"], "shop"]);
  const last = eventOf(post({ created: 253_402_300_799_999 }));
  assert.match(last.problems?.[0]?.problem ?? "", /^9999-12-31T23:59:59\.999Z is in the future/);
});

test("a type that is none stays with the event's properties, one that is known does not", () => {
  for (const [type, stored, properties] of [
    ["nonsense", "track", { type: "nonsense" }],
    ["exposure", "track", undefined],
    ["group", "group", undefined],
    ["screen", "screen", undefined],
  ] as const) {
    const event = eventOf(post({ type, ename: "x" }));
    assert.deepEqual([event.type, event.properties], [stored, properties], type);
  }
});
