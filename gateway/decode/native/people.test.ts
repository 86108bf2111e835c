import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Hit } from "../../model/hit.ts";
import { decodeOne, eventOf, get, post, problemsOf, receivedAt, site } from "./test-hit.ts";

const hour = 3_600_000;
const day = 24 * hour;

describe("when it happened", () => {
  const table: readonly [what: string, body: unknown, at: number, claimed: number | undefined][] = [
    ["no time is the time of receipt", {}, receivedAt, undefined],
    ["a time of this week is believed", { created: receivedAt - day }, receivedAt - day, undefined],
    ["a numeric text is a time", { time: String(receivedAt - day) }, receivedAt - day, undefined],
    [
      "a time in words of RFC 3339 is one",
      { created: "2026-02-28T13:30:00.5+01:30" },
      receivedAt - day + 500,
      undefined,
    ],
    ["without a zone it is UTC", { time: "2026-02-28 12:00" }, receivedAt - day, undefined],
    ["a clock a little ahead is not named", { created: receivedAt + 4000 }, receivedAt, undefined],
    ["the future is not believed", { created: receivedAt + 6000 }, receivedAt, receivedAt + 6000],
    [
      "older than a week is not believed",
      { created: receivedAt - 8 * day },
      receivedAt,
      receivedAt - 8 * day,
    ],
    [
      "a time of sending corrects a clock that is years off",
      { sent: 1_000_000_000_000, events: [{ created: 1_000_000_000_000 - hour }] },
      receivedAt - hour,
      undefined,
    ],
    [
      "a corrected time is never later than receipt",
      { sent: 1_000_000_000_000, events: [{ created: 1_000_000_000_000 + hour }] },
      receivedAt,
      undefined,
    ],
    [
      "a corrected time over a week back is not believed",
      { sent: receivedAt, events: [{ created: receivedAt - 8 * day }] },
      receivedAt,
      receivedAt - 8 * day,
    ],
  ];
  for (const [what, body, at, claimed] of table) {
    test(what, () => {
      const event = eventOf(post(body));
      assert.equal(event.timestamp_utc, at);
      assert.equal(event.client_time, claimed);
      assert.deepEqual(problemsOf(event), claimed === undefined ? [] : ["timestamp"]);
    });
  }

  test("the site's own server may tell of older events", () => {
    const event = eventOf(post({ created: receivedAt - 300 * day }, "/tr/v1/", { trusted: true }));
    assert.equal(event.timestamp_utc, receivedAt - 300 * day);
    assert.equal(event.problems, undefined);
  });

  test("a send time that cannot be read is named, and the events kept", () => {
    const event = eventOf(post({ sent: "soon", events: [{ ename: "a" }] }));
    assert.deepEqual(problemsOf(event), ["sent"]);
  });
});

/** A UUIDv7 of a time. */
const v7 = (time: number): string => {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7cc0-98c4-dc0c0c07398f`;
};

const v4 = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";

describe("id and key time", () => {
  const table: readonly [
    what: string,
    fields: Record<string, unknown>,
    id: RegExp,
    keyTime: number | null,
  ][] = [
    ["a UUIDv7 brings its own", { eid: v7(receivedAt - hour) }, /^[^-]+-[^-]+-7/, receivedAt - hour],
    ["a UUIDv7 of another week has none", { eid: v7(receivedAt - 8 * day) }, /-7/, null],
    ["a UUIDv7 up to a day ahead brings its own", { eid: v7(receivedAt + hour) }, /-7/, receivedAt + hour],
    [
      "another id takes the client's time as sent",
      { eid: v4, created: receivedAt - 5 },
      /^9b1d/,
      receivedAt - 5,
    ],
    ["not the corrected one", { eid: v4, created: receivedAt - 9 * day }, /^9b1d/, null],
    ["another id without a time has none", { eid: v4 }, /^9b1d/, null],
    ["an id in braces is the same", { eid: `{${v4.toUpperCase()}}` }, new RegExp(v4), null],
    ["a minted id takes the time of receipt", { created: receivedAt - 5 }, /^[^-]+-[^-]+-8/, receivedAt],
  ];
  for (const [what, fields, id, keyTime] of table) {
    test(what, () => {
      const keyed = decodeOne(post(fields));
      assert.match(keyed.event.id, id);
      assert.equal(keyed.keyTime, keyTime);
    });
  }

  test("an eid that is no id is the experiment, unless there is one", () => {
    assert.equal(eventOf(post({ eid: "cw-a" })).experiment_id, "cw-a");
    assert.equal(eventOf(post({ eid: "cw-a", xid: "other" })).experiment_id, "other");
    assert.deepEqual(
      problemsOf(eventOf(post({ eid: "cw-a", xid: "other" }))),
      ["eid"],
      "it is said, not lost in silence",
    );
  });

  test("an eid of zeros is no id and no experiment, and is named", () => {
    const bare = "0".repeat(32);
    for (const eid of ["00000000-0000-0000-0000-000000000000", bare, `{${bare}}`]) {
      const event = eventOf(post({ eid }));
      assert.match(event.id, /^[^-]+-[^-]+-8/);
      assert.equal(event.experiment_id, undefined);
      assert.deepEqual(problemsOf(event), ["eid"]);
    }
  });
});

describe("who it was", () => {
  const theirs = "14fb0860-b4bf-11e9-8971-7b80435315ac";
  const ours = "01900000-0000-7000-8000-000000000001";
  const table: readonly [what: string, vid: unknown, parts: Partial<Hit>, client: string | undefined][] = [
    ["the client's word where the gateway has nobody", theirs, {}, theirs],
    ["dashless ids are the same ids", theirs.replaceAll("-", "").toUpperCase(), {}, theirs],
    ["ids of other shapes are taken as they are", "GA1.2-x_9", {}, "GA1.2-x_9"],
    ["the gateway's word before the client's", theirs, { visitorId: ours }, ours],
    ["the site's own server before the gateway", theirs, { visitorId: ours, trusted: true }, theirs],
    ["the gateway's where nothing is said", undefined, { visitorId: ours }, ours],
    ["nobody where nobody knows", undefined, {}, undefined],
  ];
  for (const [what, vid, parts, client] of table) {
    test(what, () => {
      const event = eventOf(post({ vid }, "/tr/v1/", parts));
      assert.equal(event.client_id, client);
      assert.equal(event.problems, undefined);
    });
  }

  test("the session is the client's, else the cookie's", () => {
    assert.equal(eventOf(post({ sid: "s1" }, "/tr/v1/", { sessionId: "s2" })).client_session_id, "s1");
    assert.equal(eventOf(post({}, "/tr/v1/", { sessionId: "s2" })).client_session_id, "s2");
  });

  test("an author's id has one form, however it was written", () => {
    for (const auth of [theirs, theirs.replaceAll("-", ""), `{${theirs.toUpperCase()}}`])
      assert.equal(eventOf(post({ auth_id: auth })).auth, theirs);
    assert.equal(eventOf(post({ auth: "ada" })).auth, "ada");
  });

  test("so have the ids of tenants and of related objects", () => {
    for (const id of [theirs, theirs.replaceAll("-", ""), `{${theirs.toUpperCase()}}`]) {
      const event = eventOf(post({ oid: id, relation: "newsletter", rid: id }));
      assert.equal(event.org, theirs);
      assert.equal(event.rid, theirs);
    }
    assert.equal(eventOf(post({ org: "Acme" })).org, "Acme");
  });

  test("a visitor does not refer himself, whoever says who he is", () => {
    const event = eventOf(post({ ref: ours.toUpperCase() }, "/tr/v1/", { visitorId: ours }));
    assert.equal(event.ref, undefined);
    assert.deepEqual(problemsOf(event), ["ref"]);
  });

  test("cookies of the original tracker are read, and weigh least", () => {
    const cookies = { CookieConsent: "1024", ehash: "AbC=" };
    const event = eventOf(get("/tr/v1/cflags/7", { cookies }));
    assert.equal(event.cflags, 7);
    assert.equal(event.ehash, "AbC=");
    assert.equal(eventOf(get("/tr/v1/", { cookies: { CookieConsent: "{stamp:'x'}" } })).cflags, undefined);
  });

  test("the User header is read from the site's own server only", () => {
    const headers = { user: `{"uid":"u1","Plan":"Pro"}` };
    assert.equal(eventOf(post({}, "/tr/v1/", { headers })).user_id, undefined);
    const trusted = eventOf(post({}, "/tr/v1/", { headers, trusted: true }));
    assert.equal(trusted.user_id, "u1");
    assert.deepEqual(trusted.properties, { Plan: "Pro" });
  });

  test("the User header is JSON in UTF-8, of which a parser gives each byte as a character", () => {
    const user = Buffer.from(`{"uid":"jürgen","Stadt":"Köln"}`, "utf8").toString("latin1");
    const event = eventOf(post({}, "/tr/v1/", { headers: { user }, trusted: true }));
    assert.equal(event.user_id, "jürgen");
    assert.deepEqual(event.properties, { Stadt: "Köln" });
  });

  test("only the site's own server may claim an exposure", () => {
    assert.equal(eventOf(post({ type: "exposure" })).type, "track");
    assert.equal(eventOf(post({ type: "exposure" }, "/tr/v1/", { trusted: true })).type, "exposure");
  });
});

describe("contact data", () => {
  test("is hashed wherever it was sent, and kept nowhere", () => {
    for (const body of [
      { email: " Jane@Example.com ", cell: "+49 170 1", uname: "Jane" },
      { params: { Email: "jane@example.com", cell: "+49 170 1", uname: "jane" } },
      {
        type: "identify",
        traits: { email: "JANE@example.com", cell: "+49 170 1", uname: "jane", plan: "pro" },
      },
    ]) {
      const event = eventOf(post(body));
      assert.equal(event.ehash, eventOf(post({ email: "jane@example.com" })).ehash);
      assert.match(event.email_hash ?? "", /^[0-9a-f]{32}$/);
      assert.match(event.phone_hash ?? "", /^[0-9a-f]{32}$/);
      assert.match(event.username_hash ?? "", /^[0-9a-f]{32}$/);
      assert.doesNotMatch(JSON.stringify(event), /jane|49 ?170/i);
    }
  });

  test("equal contacts have equal hashes on one site and others on another", () => {
    const one = eventOf(post({ email: "a@b.com" }));
    assert.equal(eventOf(post({ email: " A@B.com" })).email_hash, one.email_hash);
    const other = eventOf(post({ email: "a@b.com" }, "/tr/v1/", { site: { ...site, id: "other" } }));
    assert.notEqual(other.email_hash, one.email_hash);
    assert.equal(other.ehash, one.ehash);
  });

  test("a legacy hash that was sent stays", () => {
    assert.equal(eventOf(post({ email: "a@b.com", ehash: "AbC=" })).ehash, "AbC=");
  });

  test("deeper in the properties it is left out, and so are secrets anywhere", () => {
    const event = eventOf(
      post({ token: "t0p", params: { Password: "t0p", user: { email: "a@b.com", jwt: "t0p", plan: 1 } } }),
    );
    assert.deepEqual(event.properties, { user: { plan: 1 } });
    assert.doesNotMatch(JSON.stringify(event), /t0p|a@b/);
    assert.deepEqual(problemsOf(event), ["token", "Password", "user", "user"]);
  });
});

describe("a visitor who is not tracked", () => {
  const hit = post(
    {
      vid: "v1",
      uid: "u1",
      sid: "s1",
      did: "d1",
      ref: "r1",
      lat: 1,
      lon: 2,
      zip: "z",
      email: "a@b.com",
      ehash: "h",
      traits: { a: 1 },
      gclid: "g",
      idfa: "i",
      url: "https://shop.example/",
      utm_source: "news",
      plan: "pro",
      params: { vid: "v1", ref: "r1", idfa: "i", uname: "n", color: "red" },
    },
    "/tr/v1/",
    {
      visitorId: "v0",
      sessionId: "s0",
      privacy: { tracking: "none", consent: "denied", reason: "consent" },
    },
  );

  test("leaves a page, a campaign and properties, and nothing that says who it was", () => {
    const { id: _, ...event } = eventOf(hit);
    assert.deepEqual(event, {
      property_id: "main",
      tracking_protocol: "native",
      type: "page",
      name: "page_view",
      timestamp_utc: receivedAt,
      received_at: receivedAt,
      page_location: "https://shop.example/",
      utm_source: "news",
      consent: "denied",
      properties: { plan: "pro", color: "red" },
    });
  });
});

describe("what it is called", () => {
  const table: readonly [fields: Record<string, unknown>, type: string, name: string][] = [
    [{}, "track", "event"],
    [{ url: "https://a.example/" }, "page", "page_view"],
    [{ url: "https://a.example/", etyp: "filter" }, "track", "event"],
    [{ etyp: "page" }, "page", "page_view"],
    [{ ename: "page_opened" }, "page", "page_opened"],
    [{ ename: "load", etyp: "page" }, "page", "load"],
    [{ ename: "Add To Cart", url: "https://a.example/" }, "track", "Add To Cart"],
    [{ content: "Btn" }, "track", "Btn"],
    [{ content: "Btn", ename: "click" }, "track", "click"],
    [{ outcome: "sale" }, "outcome", "sale"],
    [{ outcome: "sale", ename: "buy" }, "outcome", "buy"],
    [{ outcome: "sale", type: "track" }, "track", "event"],
    [{ type: "identify" }, "identify", "identify"],
    [{ type: "page", ename: "page_view" }, "page", "page_view"],
  ];
  for (const [fields, type, name] of table) {
    test(JSON.stringify(fields), () => {
      const event = eventOf(post(fields));
      assert.equal(event.type, type);
      assert.equal(event.name, name);
    });
  }
});

describe("hashes of the original tracker, where the site's old data is to join", () => {
  const joining = { ...site, legacyHashes: true, ipMasking: 0 };
  const headers = { host: "Example.com:8443", "user-agent": "curl/7.64.1" };
  const hit = { site: joining, headers, address: "8.8.8.8" };

  test("host, browser and address have them beside the columns of ours", () => {
    const { hhash, bhash, iphash } = eventOf(post({}, "/tr/v1/", hit));
    assert.deepEqual([hhash, bhash, iphash], ["imdezq", "1d6ytuu", "b4c84prdbt401t5oxss1cy8xcx"]);
  });

  test("a hash that the client sent stays, but for that of an address", () => {
    const sent = { hhash: "h1", bhash: "B1", iphash: "i1", params: { iphash: "i2" } };
    const event = eventOf(post(sent, "/tr/v1/", hit));
    assert.deepEqual([event.hhash, event.bhash, event.iphash], ["h1", "B1", "b4c84prdbt401t5oxss1cy8xcx"]);
    assert.equal(event.properties, undefined);
  });

  test("an address that is masked has none: it could be found out from it", () => {
    const { hhash, iphash } = eventOf(post({}, "/tr/v1/", { ...hit, site: { ...joining, ipMasking: 1 } }));
    assert.deepEqual([hhash, iphash], ["imdezq", undefined]);
  });

  test("nothing of the visitor is hashed who is not tracked, nor of a server that speaks for others", () => {
    const privacy = { tracking: "none", consent: "denied", reason: "gpc" } as const;
    for (const parts of [{ privacy }, { trusted: true }]) {
      const { hhash, bhash, iphash } = eventOf(post({ bhash: "x" }, "/tr/v1/", { ...hit, ...parts }));
      assert.deepEqual([hhash, iphash], ["imdezq", undefined]);
      if ("privacy" in parts) assert.equal(bhash, undefined);
    }
  });

  test("a site that does not ask for them has none", () => {
    const { hhash, bhash, iphash } = eventOf(
      post({}, "/tr/v1/", { ...hit, site: { ...site, ipMasking: 0 } }),
    );
    assert.deepEqual([hhash, bhash, iphash], [undefined, undefined, undefined]);
  });
});

describe("who a server speaks for", () => {
  test("its address and agent are the client's, read and not stored", () => {
    const keyed = decodeOne(
      post({ ip: "203.0.113.9", user_agent: "Mozilla/5.0" }, "/str/v1/", {
        trusted: true,
        address: "10.0.0.1",
      }),
    );
    assert.deepEqual(keyed.client, { address: "203.0.113.9", userAgent: "Mozilla/5.0" });
    assert.equal(keyed.event.ip_address, "203.0.113.0");
    assert.equal(keyed.event.properties, undefined);
  });

  test("where it says nothing, nothing is known: its own address is not the visitor's", () => {
    const keyed = decodeOne(post({}, "/str/v1/", { trusted: true, address: "10.0.0.1" }));
    assert.equal(keyed.client, undefined);
    assert.equal(keyed.event.ip_address, undefined);
  });

  test("what is no address is no address", () => {
    for (const ip of ["not an address", "1.2.3", "", 5, null]) {
      const { event } = decodeOne(post({ ip }, "/str/v1/", { trusted: true }));
      assert.equal(event.ip_address, undefined);
    }
  });

  test("a browser cannot say it", () => {
    const keyed = decodeOne(post({ ip: "198.51.100.1", user_agent: "x", params: { ip: "198.51.100.1" } }));
    assert.equal(keyed.client, undefined);
    assert.equal(keyed.event.ip_address, "203.0.113.0");
    assert.doesNotMatch(JSON.stringify(keyed.event), /198\.51/);
  });
});
