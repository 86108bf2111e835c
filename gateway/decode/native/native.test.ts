import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../../model/event.ts";
import type { Hit } from "../../model/hit.ts";
import { createNative } from "./native.ts";
import { contactKey, decode, decodeOne, eventOf, get, post, receivedAt, request } from "./test-hit.ts";

const visitor = "14fb0860-b4bf-11e9-8971-7b80435315ac";

/** What every event of these tests carries, so that the tables show only what differs. */
const plumbing: ReadonlySet<string> = new Set([
  "id",
  "property_id",
  "tracking_protocol",
  "timestamp_utc",
  "received_at",
  "ip_address",
]);

const essence = (event: Event): Record<string, unknown> =>
  Object.fromEntries(Object.entries(event).filter(([column]) => !plumbing.has(column)));

interface Vector {
  readonly request: string;
  /** what the original recorded */
  readonly original: string;
  readonly hit: Hit;
  /** what we store; null: no event */
  readonly ours: Record<string, unknown> | null;
}

const vectors: readonly Vector[] = [
  {
    request: `GET /tr/v1/vid/${visitor}/ROCK/ON/lat/37.2/first/true`,
    original: `tr=v1 vid=… rock=on lat="37.2" first="true"`,
    hit: get(`/tr/v1/vid/${visitor}/ROCK/ON/lat/37.2/first/true`),
    ours: {
      type: "track",
      name: "event",
      client_id: visitor,
      lat: 37.2,
      first: true,
      properties: { ROCK: "ON" },
    },
  },
  {
    request: "GET /tr/v1/a/b?utm_source=FB&utm_content=Btn&A=1&A=2&ehash=Xy&UTM_Medium=Em",
    original: `a="1" source=fb medium=em ename=btn ehash=Xy; params = the query only`,
    hit: get("/tr/v1/a/b?utm_source=FB&utm_content=Btn&A=1&A=2&ehash=Xy&UTM_Medium=Em"),
    ours: {
      type: "track",
      name: "Btn",
      utm_source: "FB",
      utm_medium: "Em",
      utm_content: "Btn",
      ehash: "Xy",
      properties: { a: "b", A: ["1", "2"] },
    },
  },
  {
    request: "GET /tr/v1/a/b?utm_source=FB&igqp=",
    original: "a=b; no source",
    hit: get("/tr/v1/a/b?utm_source=FB&igqp="),
    ours: { type: "track", name: "event", properties: { a: "b" } },
  },
  {
    request: "POST /tr/v1/ with mixed types",
    original: `url=https://a.com/x score=1 params={"Type":"A","n":1} vid=ab first="false" ehash=AbC= chash=abc= arr=[1,"B"]`,
    hit: post(
      `{"URL":"https://A.com/X","Score":1,"params":{"Type":"A","n":1},"vid":"AB","first":"false","ehash":"AbC=","chash":"AbC=","nil":null,"arr":[1,"B"]}`,
    ),
    ours: {
      type: "page",
      name: "page_view",
      page_location: "https://A.com/X",
      score: 1,
      client_id: "AB",
      first: false,
      ehash: "AbC=",
      chash: "AbC=",
      properties: { arr: [1, "B"], Type: "A", n: 1 },
    },
  },
  {
    request: `POST /tr/v1/vid/PATH/z/9 {"vid":"BODY","Params":{"A":"B"}}`,
    original: `vid=body z=9 params={"A":"B"}`,
    hit: post(`{"vid":"BODY","Params":{"A":"B"}}`, "/tr/v1/vid/PATH/z/9"),
    ours: { type: "track", name: "event", client_id: "BODY", properties: { z: "9", A: "B" } },
  },
  {
    request: `POST /tr/v1/?utm_source=zz {"q":1}`,
    original: "no source; q in the bag but not stored",
    hit: post(`{"q":1}`, "/tr/v1/?utm_source=zz"),
    ours: { type: "track", name: "event", utm_source: "zz", properties: { q: 1 } },
  },
  {
    request: `POST /tr/v1/ [{"a":1}]`,
    original: "200; only tr=v1",
    hit: post(`[{"a":1}]`),
    ours: { type: "track", name: "event", properties: { a: 1 } },
  },
  {
    request: `POST /tr/v1/ {"a":`,
    original: "200; only tr=v1",
    hit: post(`{"a":`),
    ours: null,
  },
  {
    request: `PUT /tr/v1/x/y {"a":1}`,
    original: "x=y only",
    hit: request("PUT", "/tr/v1/x/y", `{"a":1}`),
    ours: { type: "track", name: "event", properties: { x: "y", a: 1 } },
  },
  {
    request: "DELETE /tr/v1/x/y",
    original: "nothing",
    hit: request("DELETE", "/tr/v1/x/y", ""),
    ours: null,
  },
  {
    request: "HEAD /tr/v1/x/y",
    original: "nothing",
    hit: request("HEAD", "/tr/v1/x/y", ""),
    ours: null,
  },
  {
    request: "cookie vid=C, GET /tr/v1/vid/P",
    original: "vid=p (the path beats the cookie)",
    hit: get("/tr/v1/vid/P", { visitorId: "C" }),
    ours: { type: "track", name: "event", client_id: "C" },
  },
  {
    request: "GET /tr/v1/ with the query of a generated redirect",
    original: "gu=1 source=x url=https://dest.com/a?q=1",
    hit: get("/tr/v1/?gu=1&utm_source=X&url=https%3A%2F%2FDest.com%2FA%3Fq%3D1"),
    ours: {
      type: "page",
      name: "page_view",
      utm_source: "X",
      page_location: "https://Dest.com/A?q=1",
      properties: { gu: "1" },
    },
  },
  {
    request: `POST {"ename":"Click","Custom":"Top","params":{"firsttext":"Buy"}}`,
    original: `params {custom:"top"} by websocket, {firsttext:"Buy"} by POST`,
    hit: post(`{"ename":"Click","Custom":"Top","params":{"firsttext":"Buy"}}`, "/tr/v1/tr/"),
    ours: { type: "track", name: "Click", properties: { Custom: "Top", firsttext: "Buy" } },
  },
  {
    request: "GET /tr/v1/url/https%3A%2F%2Fa.com%2Fb",
    original: "301 to /tr/v1/url/https:/a.com/b",
    hit: get("/tr/v1/url/https%3A%2F%2Fa.com%2Fb"),
    ours: { type: "page", name: "page_view", page_location: "https://a.com/b" },
  },
  {
    request: "GET /tr/v1/tr/x/y/ (newer layout, trailing slash)",
    original: `v1=tr x=y`,
    hit: get("/tr/v1/tr/x/y/"),
    ours: { type: "track", name: "event", properties: { x: "y" } },
  },
  {
    request: "GET /tr/v1/vid/ (an empty value)",
    original: `vid="" and an empty cookie`,
    hit: get("/tr/v1/vid/"),
    ours: { type: "track", name: "event" },
  },
  {
    request: "GET /tr/v1//x//y (doubled slashes)",
    original: "301 to /tr/v1/x/y",
    hit: get("/tr/v1//x//y"),
    ours: { type: "track", name: "event", properties: { x: "y" } },
  },
];

describe("requests of the original's clients", () => {
  for (const { request, original, hit, ours } of vectors) {
    test(`${request}: the original recorded ${original}`, () => {
      const { events } = decode(hit);
      assert.deepEqual(
        events.map(({ event }) => essence(event)),
        ours ? [ours] : [],
      );
    });
  }
});

const readmeJson = `{"last":"https://localhost:5001/cw.html","url":"https://localhost:5001/cw.html","params":{"type":"a","aff":"Bespoke"},"created":1539102052702,"duration":34752,"vid":"3d0be300-cbd2-11e8-aa59-ffd128a54d91","first":"false","sid":"3d0be301-cbd2-11e8-aa59-ffd128a54d91","tz":"America/Los_Angeles","device":"Linux","os":"Linux","sink":"cw$","score":1,"eid":"cw-a","uid":"admin"}`;

const readmeFailed = `{"app":"native","email":"a@b.com","uid":"179ea090-6e8c-11ea-bb89-1d0ba023ecf8","uname":null,"tz":"Europe/Warsaw","device":"Handset","os":"iOS 13.4","did":"758152C1-278C-4C80-84A0-CF771B000835","w":375,"h":667,"rel":1,"sid":"c1dcf340-6eaa-11ea-a0b8-6120e9776df7","time":1585149028377,"ename":"filter_results","etyp":"filter","ptyp":"own_rooms","page":1,"vid":"016f2740-6e8c-11ea-9f0b-5d70c66851be"}`;

const readmeGood = readmeFailed.replace(`"rel":1`, `"rel":"1"`).replace(`"page":1`, `"page":"1"`);

/** The rows of the third and the fourth request, but for the type of `page`. */
const filterResults = (page: unknown) => ({
  type: "track",
  name: "filter_results",
  client_time: Date.parse("2020-03-25T15:10:28.377Z"),
  client_id: "016f2740-6e8c-11ea-9f0b-5d70c66851be",
  client_session_id: "c1dcf340-6eaa-11ea-a0b8-6120e9776df7",
  user_id: "179ea090-6e8c-11ea-bb89-1d0ba023ecf8",
  app: "native",
  release: "1",
  tz: "Europe/Warsaw",
  device: "Handset",
  os: "iOS 13.4",
  did: "758152C1-278C-4C80-84A0-CF771B000835",
  vp_w: 375,
  vp_h: 667,
  event_category: "filter",
  page_type: "own_rooms",
  ehash: "ECKww6HZpkCa4N0jZP3P5B9jriI=",
  email_hash: "98ab92ebc5aee347a78f4702ae43d3e3",
  properties: { page },
  problems: [
    {
      field: "timestamp",
      problem: "2020-03-25T15:10:28.377Z is more than 7 days ago: the time of receipt was taken",
    },
  ],
});

describe("the four requests that the original's README prints", () => {
  test("tuples", () => {
    const { event, keyTime } = decodeOne(
      get(`/tr/v1/vid/${visitor}/ROCK/ON/lat/37.232332/lon/6.32233223/first/true/score/6/ref/${visitor}`),
    );
    assert.deepEqual(essence(event), {
      type: "track",
      name: "event",
      client_id: visitor,
      lat: 37.232332,
      lon: 6.32233223,
      first: true,
      score: 6,
      properties: { ROCK: "ON" },
      problems: [{ field: "ref", problem: "self-referral: the visitor cannot have referred himself" }],
    });
    assert.equal(keyTime, receivedAt);
  });

  test("JSON", () => {
    const { event, keyTime } = decodeOne(post(readmeJson));
    assert.deepEqual(essence(event), {
      type: "page",
      name: "page_view",
      client_time: Date.parse("2018-10-09T16:20:52.702Z"),
      client_id: "3d0be300-cbd2-11e8-aa59-ffd128a54d91",
      client_session_id: "3d0be301-cbd2-11e8-aa59-ffd128a54d91",
      user_id: "admin",
      page_location: "https://localhost:5001/cw.html",
      page_referrer: "https://localhost:5001/cw.html",
      engagement_time_ms: 34_752,
      first: false,
      tz: "America/Los_Angeles",
      device: "Linux",
      os: "Linux",
      sink: "cw$",
      score: 1,
      aff: "Bespoke",
      experiment_id: "cw-a",
      properties: { type: "a", aff: "Bespoke" },
      problems: [
        {
          field: "timestamp",
          problem: "2018-10-09T16:20:52.702Z is more than 7 days ago: the time of receipt was taken",
        },
      ],
    });
    assert.equal(event.timestamp_utc, receivedAt);
    assert.match(event.id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(keyTime, receivedAt);
  });

  test("the one it calls failed, with numbers for texts", () => {
    const { event } = decodeOne(post(readmeFailed));
    assert.deepEqual(essence(event), filterResults(1));
    assert.doesNotMatch(JSON.stringify(event), /a@b\.com/);
  });

  test("the one it calls good stores the same", () => {
    assert.deepEqual(essence(eventOf(post(readmeGood))), filterResults("1"));
  });

  test("taken by two processes in one millisecond it is two events, and replayed the same two", () => {
    const idOf = (takenBy?: number) =>
      decode(post({ ename: "click" }, "/tr/v1/", takenBy === undefined ? {} : { takenBy })).events[0]?.event
        .id;
    assert.equal(new Set([idOf(), idOf(1), idOf(2)]).size, 3);
    assert.equal(idOf(2), idOf(2));
  });

  test("posted twice in one millisecond it is two events, and replayed the same two", () => {
    const ids = () => {
      const native = createNative({ contactKey, batchEvents: 100 });
      return [post(readmeJson), post(readmeJson)].map((hit) => native.decode(hit).events[0]?.event.id);
    };
    const [first, second] = ids();
    assert.notEqual(first, second);
    assert.deepEqual(ids(), [first, second]);
  });
});
