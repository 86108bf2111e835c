import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../model/event.ts";
import type { Hit } from "../model/hit.ts";
import type { Site } from "../model/site.ts";
import { createClaimMarker, type HitOrigin } from "./mark-claims.ts";

const site = {
  id: "main",
  consent: "assumed",
  ipMasking: 1,
  identity: { allowWithoutOrigin: false },
  sessions: { joinByUser: true, joinByStamp: false },
} as unknown as Site; // what is read of it

const markClaims = createClaimMarker(new Map([["main", ({ login }) => login ?? null]]));

const day = Date.UTC(2026, 0, 31);

const makeHit = (change: Partial<Hit> = {}): Hit => ({
  site,
  receivedAt: day,
  method: "POST",
  path: "/tr/v1/",
  query: "",
  headers: { "user-agent": "Mozilla/5.0", "accept-language": "de" },
  cookies: {},
  body: "",
  address: "203.0.113.7",
  visitorId: "v1",
  sessionId: null,
  experiments: null,
  privacy: { tracking: "full", consent: null, reason: null },
  trusted: false,
  ...change,
});

const marked = (event: Partial<Event> = {}, hit: Partial<Hit> = {}, origin: HitOrigin = "own"): Event => {
  const whole = {
    id: "e1",
    property_id: "main",
    tracking_protocol: "native",
    type: "identify",
    name: "identify",
    timestamp_utc: day,
    received_at: day,
    client_id: "v1",
    user_id: "ada",
    ...event,
  } satisfies Event;
  markClaims(whole, makeHit(hit), origin);
  return whole;
};

const without = { ...site, identity: { allowWithoutOrigin: true } } as Site;
const none = { tracking: "none", consent: "denied", reason: "optout" } as const;

const rules: readonly [
  what: string,
  event: Partial<Event>,
  hit: Partial<Hit>,
  origin: HitOrigin,
  claim: string | undefined,
][] = [
  ["a page of the site says who its own visitor is", {}, {}, "own", "page"],
  ["a page that keeps the id itself, and so sends no cookie", {}, { visitorId: null }, "own", "page"],
  [
    "another visitor's id in the body does not count beside a cookie",
    { client_id: "v2" },
    {},
    "own",
    undefined,
  ],
  ["an image on any page can make a GET", {}, { method: "GET" }, "own", undefined],
  ["another site's page", {}, {}, "foreign", undefined],
  ["a page that only a site for every host lets in", {}, {}, "any", undefined],
  ["no browser at all", {}, {}, "none", undefined],
  ["no browser at all, where the site allows it", {}, { site: without }, "none", "page"],
  ["another site's page, where the site allows none at all", {}, { site: without }, "foreign", undefined],
  ["the site's own server, for whomever", { client_id: "v2" }, { trusted: true }, "none", "server"],
  ["the site's own server by GET", {}, { trusted: true, method: "GET" }, "none", "server"],
  ["a visitor who wants not to be tracked", {}, { privacy: none }, "own", undefined],
  [
    "a visitor who wants not to be tracked, by the site's server",
    {},
    { privacy: none, trusted: true },
    "none",
    undefined,
  ],
  ["a bot", { bot: "crawler" }, {}, "own", undefined],
  ["nobody in particular", { user_id: "Admin" }, {}, "own", undefined],
  ["nobody in particular, by the site's server", { user_id: "null" }, { trusted: true }, "none", undefined],
  ["an event that names no user", { user_id: null, type: "page" }, {}, "own", undefined],
  ["an alias that names only the former id", { user_id: null, type: "alias" }, {}, "own", "page"],
  ["a decoder that has checked a secret", { user_claim: "server" }, { method: "GET" }, "none", "server"],
];

describe("who may say who somebody is", () => {
  for (const [what, event, hit, origin, claim] of rules) {
    test(`${what}: ${claim ?? "no claim"}`, () => {
      assert.equal(marked(event, hit, origin).user_claim, claim);
    });
  }

  const login = { login: "eve" };
  const tokens: readonly [string, Partial<Hit>, HitOrigin, readonly unknown[]][] = [
    ["beats what the page says, and is named", { headers: login }, "own", ["eve", "token", 1]],
    ["counts by GET", { headers: login, method: "GET" }, "own", ["eve", "token", 1]],
    ["counts not from another site's page", { headers: login }, "foreign", ["ada", undefined, undefined]],
    [
      "counts not for another visitor",
      { headers: login, visitorId: "v2" },
      "own",
      ["ada", undefined, undefined],
    ],
    [
      "counts not against the visitor's wish",
      { headers: login, privacy: none },
      "own",
      ["ada", undefined, undefined],
    ],
  ];
  for (const [what, hit, origin, expected] of tokens) {
    test(`a login token ${what}`, () => {
      const { user_id, user_claim, problems } = marked({}, hit, origin);
      assert.deepEqual([user_id, user_claim, problems?.length], expected);
    });
  }

  test("a placeholder is kept, and named in the problems", () => {
    const event = marked({ user_id: "undefined", problems: [{ field: "x", problem: "y" }] });
    assert.equal(event.user_id, "undefined");
    assert.deepEqual(
      event.problems?.map(({ field }) => field),
      ["x", "user_id"],
    );
  });
});

describe("the stamp of a day", () => {
  const stamped = { ...site, sessions: { ...site.sessions, joinByStamp: true } } as Site;
  const stamp = (hit: Partial<Hit> = {}, event: Partial<Event> = {}, origin: HitOrigin = "own") =>
    marked(event, { site: stamped, ...hit }, origin).session_stamp;

  test("is the same for one browser of one network on one day, whoever it says it is", () => {
    assert.match(String(stamp()), /^[0-9a-f]{32}$/);
    assert.equal(stamp({ receivedAt: day + 86_399_999 }), stamp());
    assert.equal(stamp({}, { client_id: "v2", user_id: null }), stamp());
    assert.equal(stamp({ address: "203.0.113.200" }), stamp(), "addresses are masked before");
  });

  test("differs by day, network, browser and site", () => {
    const others = [
      stamp({ receivedAt: day + 86_400_000 }),
      stamp({ address: "203.0.114.7" }),
      stamp({ headers: { "user-agent": "Other", "accept-language": "de" } }),
      stamp({ headers: { "user-agent": "Mozilla/5.0", "accept-language": "en" } }),
      stamp({ headers: { "user-agent": "Mozilla/5.0", "accept-language": "de", "sec-ch-ua": "B" } }),
      stamp({ site: { ...stamped, id: "shop" } as Site }),
    ];
    assert.equal(new Set([stamp(), ...others]).size, 7);
  });

  test("is not made where the site, the visitor or consent does not allow it, nor for servers, bots and nobody", () => {
    const asking = { ...stamped, consent: "required" } as Site;
    assert.equal(stamp({ site }), undefined);
    assert.equal(stamp({ privacy: none }), undefined);
    assert.equal(stamp({ site: asking }), undefined);
    assert.equal(stamp({ trusted: true }), undefined);
    assert.equal(stamp({}, { bot: "script" }), undefined);
    assert.equal(stamp({}, { client_id: null }), undefined);
    const granted = { tracking: "full", consent: "granted", reason: null } as const;
    assert.equal(typeof stamp({ site: asking, privacy: granted }), "string");
  });

  test("that a client wants counts only from those who may say who somebody is, and never as it was sent", () => {
    const wanted = { session_stamp: "mine" };
    assert.match(String(stamp({}, wanted)), /^[0-9a-f]{32}$/);
    assert.notEqual(stamp({}, wanted), stamp());
    assert.notEqual(stamp({}, wanted), stamp({}, { session_stamp: "other" }));
    assert.notEqual(stamp({}, wanted), stamp({ site: { ...stamped, id: "shop" } as Site }, wanted));
    assert.equal(stamp({ address: "198.51.100.1", receivedAt: 0 }, wanted), stamp({}, wanted));
    assert.equal(stamp({}, wanted, "foreign"), undefined);
    assert.equal(stamp({ site }, wanted), undefined);
  });
});
