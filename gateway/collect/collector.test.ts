import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { createNative } from "../decode/native/native.ts";
import { StoreBusy } from "../model/event-store.ts";
import type { CollectRequest } from "./request.ts";
import {
  collectorOver,
  createStore,
  headerOf,
  nativeOptions,
  requestOf,
  site,
  type TestStore,
  writeKey,
} from "./test-collector.ts";

const take = async (parts: Partial<CollectRequest>, store: TestStore = createStore()) => {
  const answer = await collectorOver(native, store).take(requestOf(parts));
  return { answer, store, events: store.kept.map(({ event }) => event) };
};

const native = createNative(nativeOptions);
const visitor = "14fb0860-b4bf-11e9-8971-7b80435315ac";
const bearer = { authorization: `Bearer ${writeKey}` };
const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(user).toString("base64")}` });

test("an event is answered with its id once the store has it, and with an empty body", async () => {
  const { answer, events } = await take({ body: `{"ename":"a"}` });
  assert.equal(answer.status, 200);
  assert.equal(answer.body, "");
  assert.equal(headerOf(answer, "turnpike-event"), events[0]?.id);
  assert.equal(headerOf(answer, "cache-control"), "no-store");
});

describe("both layouts of paths, and every method", () => {
  const table: readonly (readonly [method: string, path: string, name: string | null])[] = [
    ["POST", "/tr/v1/", "body"],
    ["POST", "/tr/v1", "body"],
    ["POST", "/tr/v1/tr/", "body"],
    ["POST", "/tr/v1/tr", "body"],
    ["PUT", "/tr/v1/", "body"],
    ["GET", "/tr/v1/ename/path", "path"],
    ["GET", "/tr/v1/tr/ename/path", "path"],
    ["GET", "/tr/v1//ename//path", "path"],
    ["GET", "/tr/v1/ename/a%2Fb", "a/b"],
    ["GET", "/img/v1/ename/path", "path"],
    ["GET", "/tr/v1/img/ename/path", "path"],
    ["POST", "/img/v1/", "body"],
    ["HEAD", "/tr/v1/ename/path", null],
    ["DELETE", "/tr/v1/ename/path", null],
    ["OPTIONS", "/tr/v1/", null],
  ];
  for (const [method, path, name] of table) {
    test(`${method} ${path}`, async () => {
      const body = method === "POST" || method === "PUT" ? `{"ename":"body"}` : "";
      const { answer, events } = await take({ method, path, body });
      assert.equal(answer.status, 200);
      assert.deepEqual(
        events.map((event) => event.name),
        name === null ? [] : [name],
      );
    });
  }

  for (const path of [
    "/tr/v1/rdr/",
    "/tr/v1/xrdr/x/y",
    "/tr/v1/rpi/",
    "/tr/v1/ws",
    "/tr/v1/pub/a.js",
    "/tr/v1/x",
    "/tr/v1/me",
    "/tr/v1/privacy",
    "/tr/v1/share",
    "/tr/v1/handover",
    "/other",
  ]) {
    test(`${path} is no event`, async () => {
      const { answer, events } = await take({ method: "GET", path });
      assert.equal(answer.status, 404);
      assert.equal(events.length, 0);
    });
  }

  test("a question of the privacy endpoints is no event, and an agreement is one", async () => {
    const body = `{"cflags":1}`;
    const taken = async (method: string, path: string) => (await take({ method, path, body })).events.length;
    assert.deepEqual(
      [
        await taken("GET", "/ppi/v1/jds"),
        await taken("GET", "/tr/v1/ppi/agree"),
        await taken("PUT", "/ppi/v1/agree"),
        await taken("POST", "/ppi/v1/geoip"),
        (await take({ path: "/ppi/v1/agree", body: "" })).events.length,
        (await take({ path: "/ppi/v1/agree", body: `[{"cflags":1}]` })).events.length,
        await taken("POST", "/ppi/v1/agree/"),
        await taken("POST", "/tr/v1/ppi/agree"),
      ],
      [0, 0, 0, 0, 0, 0, 1, 1],
    );
  });

  test("a site that does not take the protocol takes nothing", async () => {
    const { answer } = await take({ site: { ...site, protocols: [] }, body: "{}" });
    assert.equal(answer.status, 404);
  });
});

test("a preflight names the old clients' headers, and Content-Type", async () => {
  const { answer } = await take({ method: "OPTIONS", headers: { origin: "https://shop.example" } });
  assert.equal(headerOf(answer, "access-control-allow-origin"), "https://shop.example");
  assert.equal(headerOf(answer, "access-control-allow-credentials"), "true");
  const allowed = headerOf(answer, "access-control-allow-headers")?.split(",") ?? [];
  for (const name of ["Authorization", "Accept", "User", "Content-Type"]) assert.ok(allowed.includes(name));
  assert.equal(headerOf(answer, "access-control-max-age"), "1728000");
});

describe("the pixel", () => {
  test("is a transparent image of one pixel that nobody keeps", async () => {
    const { answer } = await take({ method: "GET", path: "/tr/v1/img/ename/open" });
    const body = answer.body as Buffer;
    assert.equal(headerOf(answer, "content-type"), "image/gif");
    assert.match(headerOf(answer, "cache-control") ?? "", /no-store/);
    assert.equal(headerOf(answer, "cross-origin-resource-policy"), "cross-origin");
    assert.equal(body.toString("latin1", 0, 6), "GIF89a");
    assert.deepEqual([body.readUInt16LE(6), body.readUInt16LE(8)], [1, 1]);
    // The graphic control extension says that colour 0 is transparent; the palette has two colours.
    const control = body.indexOf(Buffer.from([0x21, 0xf9, 0x04]));
    assert.equal(body[10], 0x80);
    assert.deepEqual([body[control + 3 + 0], body[control + 6]], [0x01, 0]);
    assert.equal(body.at(-1), 0x3b);
  });

  test("is answered however little of the hit can be read", async () => {
    const { answer } = await take({ path: "/img/v1/", body: "{broken" });
    assert.equal(answer.status, 200);
    assert.equal(headerOf(answer, "content-type"), "image/gif");
  });
});

describe("packed bodies", () => {
  const plain = `[{"ename":"a"},{"ename":"b"}]`;
  const packed = { gzip: gzipSync(plain), br: brotliCompressSync(plain), deflate: deflateSync(plain) };
  for (const [encoding, body] of Object.entries(packed)) {
    test(`${encoding}, whatever the content type says`, async () => {
      for (const type of [undefined, "text/plain;charset=UTF-8", "application/json", "image/png"]) {
        const headers = { "content-encoding": encoding, ...(type && { "content-type": type }) };
        const { events } = await take({ headers, body });
        assert.deepEqual(
          events.map((event) => event.name),
          ["a", "b"],
        );
      }
    });
  }

  test("gzip is seen without a header, which a beacon cannot set", async () => {
    const { events } = await take({ body: gzipSync(`{"ename":"a"}\n{"ename":"b"}`) });
    assert.equal(events.length, 2);
  });

  for (const [name, pack] of Object.entries({
    gzip: gzipSync,
    br: brotliCompressSync,
    deflate: deflateSync,
  })) {
    test(`a ${name} body that is small and unpacks to 30 MB is refused with 413`, async () => {
      const body = pack(Buffer.alloc(30_000_000, 0x20));
      const { answer, events } = await take({ headers: { "content-encoding": name }, body });
      assert.equal(answer.status, 413);
      assert.match(answer.body.toString(), /over 10000 bytes once unpacked/);
      assert.equal(events.length, 0);
    });
  }

  test("a broken one is a reject, named in the answer", async () => {
    const body = gzipSync(plain).subarray(0, 20);
    const { answer, store } = await take({ headers: { "content-encoding": "gzip" }, body });
    assert.equal(answer.status, 200);
    assert.match(headerOf(answer, "turnpike-rejects") ?? "", /^1; .*gzip/);
    assert.equal(store.rejects.length, 1);
  });

  test("an unknown encoding is refused with those that are known", async () => {
    const { answer } = await take({ headers: { "content-encoding": "zstd" }, body: Buffer.from("x") });
    assert.equal(answer.status, 415);
    assert.equal(headerOf(answer, "accept-encoding"), "gzip, br, deflate");
  });
});

describe("events of the site's servers", () => {
  const body = `{"ename":"sale","uid":"u1"}`;
  const allowed: readonly (readonly [what: string, parts: Partial<CollectRequest>])[] = [
    ["a write key as bearer", { headers: bearer }],
    ["a write key as the user of Basic", { headers: basic(`${writeKey}:`) }],
    ["a write key as the user of Basic, with any password", { headers: basic(`${writeKey}:x:y`) }],
    [
      "a write key with spaces and letters beyond ASCII",
      {
        site: { ...site, writeKeys: ["ein Schlüssel für Server"] },
        headers: { authorization: Buffer.from("Bearer ein Schlüssel für Server").toString("latin1") },
      },
    ],
    ["an address that the site trusts", { site: { ...site, trustServerEvents: ["203.0.113.0/24"] } }],
  ];
  for (const [what, parts] of allowed) {
    test(`${what} is taken, and answered with the event's id as a JSON string`, async () => {
      for (const path of ["/str/v1/", "/tr/v1/str/"]) {
        const { answer, events } = await take({ path, body, ...parts });
        assert.equal(answer.status, 200);
        assert.equal(answer.body, JSON.stringify(events[0]?.id));
        assert.equal(headerOf(answer, "set-cookie"), undefined);
        assert.equal(events[0]?.client_id, undefined);
        assert.equal(events[0]?.ip_address, undefined);
      }
    });
  }

  const refused: readonly (readonly [what: string, parts: Partial<CollectRequest>])[] = [
    ["no key", {}],
    ["a wrong key", { headers: { authorization: "Bearer a-write-key-of-the-sitE" } }],
    ["a key as the password", { headers: basic(`x:${writeKey}`) }],
    ["an empty key", { headers: { authorization: "Bearer " } }],
    ["a key where the site has none", { site: { ...site, writeKeys: [] }, headers: bearer }],
    ["another address than the trusted", { site: { ...site, trustServerEvents: ["10.0.0.0/8"] } }],
  ];
  for (const [what, parts] of refused) {
    test(`${what} is refused with 401`, async () => {
      const { answer, events } = await take({ path: "/str/v1/", body, ...parts });
      assert.equal(answer.status, 401);
      assert.match(headerOf(answer, "www-authenticate") ?? "", /^Bearer/);
      assert.equal(events.length, 0);
    });
  }

  test("several are answered with their ids as a list", async () => {
    const { answer, events } = await take({ path: "/str/v1/", headers: bearer, body: "[{},{}]" });
    assert.deepEqual(JSON.parse(answer.body.toString()), [events[0]?.id, events[1]?.id]);
  });

  test("an address is trusted for server events alone, not for payments nor for the public endpoint", async () => {
    const trusting = { ...site, trustServerEvents: ["203.0.113.7"] };
    const paid = await take({ site: trusting, path: "/tlv/v1/", body: `{"amt":1,"invid":"i"}` });
    assert.equal(paid.answer.status, 401);
    const headers = { user: `{"uid":"u9"}` };
    const { events } = await take({ site: trusting, headers, body: "{}" });
    assert.equal(events[0]?.user_id, undefined);
  });

  test("a User header counts with a write key, and is nothing without one", async () => {
    const user = { user: `{"uid":"u9"}` };
    assert.equal((await take({ headers: user, body: "{}" })).events[0]?.user_id, undefined);
    assert.equal((await take({ headers: { ...user, ...bearer }, body: "{}" })).events[0]?.user_id, "u9");
  });

  test("they may say whom they speak for; its address is masked, and kept nowhere else", async () => {
    const said = `{"ip":"198.51.100.77","user_agent":"Mozilla/5.0","params":{"ip":"198.51.100.77"}}`;
    const { store, events } = await take({ path: "/str/v1/", headers: bearer, body: said });
    assert.equal(events[0]?.ip_address, "198.51.100.0");
    assert.deepEqual(store.kept[0]?.client, { address: "198.51.100.77", userAgent: "Mozilla/5.0" });
    assert.doesNotMatch(JSON.stringify(events), /198\.51\.100\.77/);
  });

  test("a public hit that names an address keeps that of its connection", async () => {
    const { events } = await take({ body: `{"ip":"198.51.100.77"}` });
    assert.equal(events[0]?.ip_address, "203.0.113.0");
    assert.doesNotMatch(JSON.stringify(events), /198\.51/);
  });
});

describe("who a hit is of", () => {
  test("a new visitor of the site is told his id, and the id of his script is taken over", async () => {
    const headers = { origin: "https://shop.example" };
    const fresh = await take({ headers, body: "{}" });
    assert.equal(headerOf(fresh.answer, "set-cookie"), `vid=${fresh.events[0]?.client_id}`);
    const known = await take({ headers, body: JSON.stringify({ vid: visitor }) });
    assert.equal(headerOf(known.answer, "set-cookie"), `vid=${visitor}`);
  });

  test("the cookie is stronger than the hit", async () => {
    const { answer, events } = await take({
      headers: { cookie: "vid=01900000-0000-7000-8000-000000000001" },
      body: JSON.stringify({ vid: visitor }),
    });
    assert.equal(events[0]?.client_id, "01900000-0000-7000-8000-000000000001");
    assert.equal(headerOf(answer, "set-cookie"), undefined);
  });

  test("old cookies that hold fields are read: consent bits, session, hash of the address", async () => {
    const cookie = "a=1; CookieConsent=1024; sess=s1; ehash=AbC=";
    const { events } = await take({ method: "GET", path: "/tr/v1/", headers: { cookie } });
    const [event] = events;
    assert.deepEqual([event?.cflags, event?.client_session_id, event?.ehash], [1024, "s1", "AbC="]);
  });

  test("a page of another site consents for nobody, neither by bits nor by an agreement", async () => {
    const headers = { origin: "https://evil.example" };
    const said = JSON.stringify({ vid: visitor, cflags: 4096 });
    const [event] = (await take({ headers, body: said })).events;
    assert.deepEqual([event?.client_id, event?.cflags], [visitor, undefined]);
    assert.deepEqual(
      event?.problems?.map(({ field }) => field),
      ["origin", "cflags"],
    );
    const [agreement] = (await take({ path: "/ppi/v1/agree", headers, body: said })).events;
    assert.deepEqual([agreement?.name, agreement?.client_id], ["agreement", undefined]);
  });

  test("a page of another site is kept, marked, gets no cookie and identifies nobody", async () => {
    const headers = { origin: "https://evil.example" };
    const { answer, events } = await take({ headers, body: `{"uid":"boss"}` });
    assert.equal(headerOf(answer, "access-control-allow-origin"), "*");
    assert.equal(headerOf(answer, "access-control-allow-credentials"), undefined);
    assert.equal(headerOf(answer, "set-cookie"), undefined);
    assert.equal(events[0]?.user_id, undefined);
    assert.deepEqual(
      events[0]?.problems?.map(({ field }) => field),
      ["origin", "user_id"],
    );
  });
});

test("a store that is busy is answered with 503 and when to come back", async () => {
  const store = { ...createStore(), append: () => Promise.reject(new StoreBusy("the disk is full", 5)) };
  const answer = await collectorOver(native, store).take(
    requestOf({ body: "{}", headers: { origin: "https://shop.example" } }),
  );
  assert.equal(answer.status, 503);
  assert.equal(headerOf(answer, "retry-after"), "5");
  assert.equal(headerOf(answer, "access-control-allow-origin"), "https://shop.example");
});

test("what is stored is shown to who asks and may, and the question is no part of it", async () => {
  const { answer } = await take({ method: "GET", query: "debug=1&ename=a", debugs: true });
  const { events } = JSON.parse(answer.body.toString()) as {
    events: { name: string; properties?: object }[];
  };
  assert.equal(events[0]?.name, "a");
  assert.equal(events[0]?.properties, undefined);
});

test("a good event beside a bad one is kept, and the bad one named", async () => {
  const { answer, events, store } = await take({ body: `[{"ename":"a"},5]` });
  assert.equal(events.length, 1);
  assert.match(headerOf(answer, "turnpike-rejects") ?? "", /^1; expected an object/);
  assert.deepEqual(
    store.rejects.map(({ site: id, method, path }) => [id, method, path]),
    [["main", "POST", "/tr/v1/"]],
  );
});
