import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createNative } from "../decode/native/native.ts";
import { readBody } from "../http/read-body.ts";
import { ask, serve, type TestServer } from "../http/test-server.ts";
import { privacyEndpoints } from "./privacy-endpoints.ts";
import { collectorOver, createStore, nativeOptions, site } from "./test-collector.ts";

const native = createNative(nativeOptions);
const visitor = "14fb0860-b4bf-11e9-8971-7b80435315ac";
const store = createStore();
let server: TestServer;
before(async () => {
  const handler = privacyEndpoints({
    collector: collectorOver(native, store),
    readBody: ({ req }, most) => readBody(req, most),
    resolve: ({ req }) => ({
      id: /vid=([\w-]+)/.exec(req.headers.cookie ?? "")?.[1] ?? null,
      isNew: false,
      mustIssue: false,
      sessionId: null,
      privacy: { tracking: "full", consent: null, reason: null },
    }),
    report: async (_name, parameters) =>
      parameters["visitor"] === visitor
        ? [
            { seq: 9, at: 2000, said: `{"cflags":4096,"avid":"a"}` },
            { seq: 7, at: 1000, said: `{"cflags":1024}` },
          ]
        : [],
    locate: (address) =>
      address === "127.0.0.1" ? { code: "DE", country: "Germany", region: null, city: null } : null,
    jurisdictions: [
      { regulation: "B", compliance: "opt-out", seq: 2, rules: { analytics: 730 }, locs: ["US-CA"] },
      { regulation: "A", compliance: "opt-in", seq: 1, rules: {}, locs: ["DE"] },
    ],
  });
  server = await serve((x) => handler({ ...x, site }));
});
after(() => server.close());

const post = (path: string, body: string, fields = "") =>
  ask(server.port, `POST ${path}\nContent-Length: ${Buffer.byteLength(body)}${fields}`, body);

describe("agreements", () => {
  test("one that is sent is kept with who said it, and answered with an empty 200", async () => {
    const body = `{"cflags":1024,"avid":"anon","app":"shop","tz":"Europe/Berlin"}`;
    for (const path of ["/ppi/v1/agree", "/tr/v1/ppi/agree", "/tr/v1/ppi/agree/"]) {
      const answer = await post(path, body, `\nCookie: vid=${visitor}`);
      assert.deepEqual([answer.status, answer.body], [200, ""]);
      const event = store.kept.at(-1)?.event;
      assert.equal(answer.headers.get("turnpike-event"), event?.id);
      assert.deepEqual(
        [event?.type, event?.name, event?.client_id, event?.cflags, event?.app, event?.tz],
        ["log", "agreement", visitor, 1024, "shop", "Europe/Berlin"],
      );
      assert.deepEqual(event?.properties, { avid: "anon" });
    }
  });

  test("what is no object is refused in the old words", async () => {
    const table: readonly (readonly [body: string, sentence: string])[] = [
      ["", "Bad request (body)"],
      ["{", "Bad request (data)"],
      ["[1]", "Bad request (data)"],
      ["null", "Bad request (data)"],
    ];
    const before = store.kept.length;
    for (const [body, sentence] of table) {
      const answer = await post("/ppi/v1/agree", body);
      assert.deepEqual([answer.status, answer.body], [400, sentence]);
    }
    assert.equal(store.kept.length, before);
  });

  test("a packed one is the same, and packed nonsense is refused like any other", async () => {
    const packed = (encoding: string, body: Uint8Array<ArrayBuffer>) =>
      fetch(`http://127.0.0.1:${server.port}/ppi/v1/agree`, {
        method: "POST",
        headers: { "content-encoding": encoding },
        body,
      });
    const before = store.kept.length;
    assert.equal((await packed("gzip", gzipSync(`\ufeff{"cflags":7}`))).status, 200);
    assert.equal(store.kept.at(-1)?.event.cflags, 7);
    assert.equal(await (await packed("gzip", gzipSync("[]"))).text(), "Bad request (data)");
    assert.equal((await packed("zstd", new Uint8Array(3))).status, 415);
    assert.equal(store.kept.length, before + 1);
  });

  test("a visitor is told his own, the newest first, without address or browser", async () => {
    const dashless = visitor.replaceAll("-", "").toUpperCase();
    for (const target of [
      "/ppi/v1/agree",
      `/tr/v1/ppi/agree?vid=${visitor}`,
      `/ppi/v1/agree/?vid=${dashless}`,
      `/ppi/v1/agree?vid=%7B${visitor}%7D`,
    ]) {
      const answer = await ask(server.port, `GET ${target}\nCookie: vid=${visitor}`);
      assert.equal(answer.status, 200);
      assert.deepEqual(JSON.parse(answer.body), [
        { vid: visitor, cflags: 4096, avid: "a", created: 2000 },
        { vid: visitor, cflags: 1024, created: 1000 },
      ]);
    }
  });

  test("nobody is told another's: naming an id opens nothing", async () => {
    const other = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";
    for (const request of [
      "GET /ppi/v1/agree",
      `GET /ppi/v1/agree?vid=${visitor}`,
      `GET /ppi/v1/agree?vid=${visitor}\nCookie: vid=${other}`,
    ]) {
      const answer = await ask(server.port, request);
      assert.deepEqual([answer.status, answer.body], [404, "[]"]);
    }
  });
});

test("jurisdictions are those of the settings, in their order", async () => {
  const answer = await ask(server.port, "GET /ppi/v1/jds");
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.body), [
    { regulation: "A", compliance: "opt-in", seq: 1, rules: {}, locs: ["DE"], created: null },
    {
      regulation: "B",
      compliance: "opt-out",
      seq: 2,
      rules: { analytics: 730 },
      locs: ["US-CA"],
      created: null,
    },
  ]);
});

describe("where the caller is", () => {
  test("is told him, by his own address", async () => {
    for (const target of ["/ppi/v1/geoip", "/ppi/v1/geoip?ip=127.0.0.1"]) {
      const answer = await ask(server.port, `GET ${target}`);
      assert.equal(answer.status, 200);
      const told = JSON.parse(answer.body) as Record<string, unknown>;
      assert.deepEqual([told["ips"], told["iso2"], told["country"]], ["127.0.0.1", "DE", "Germany"]);
      assert.deepEqual(Object.keys(told), [
        "ips",
        "ipe",
        "iso2",
        "country",
        "region",
        "city",
        "lat",
        "lon",
        "zip",
        "tz",
      ]);
    }
  });

  test("is not told of any other address", async () => {
    const answer = await ask(server.port, "GET /ppi/v1/geoip?ip=8.8.8.8");
    assert.deepEqual([answer.status, answer.body], [400, "Bad Request (IP)"]);
  });
});

test("an unknown action is refused in the old words, and a preflight allowed", async () => {
  for (const target of ["/ppi/v1/", "/ppi/v1/drop", "/tr/v1/ppi", "/ppi/v1/x/agree", "/ppi/v1/agree/vid/x"]) {
    const answer = await ask(server.port, `GET ${target}`);
    assert.deepEqual([answer.status, answer.body], [400, "Unknown action"]);
  }
  const preflight = await ask(server.port, "OPTIONS /ppi/v1/agree\nOrigin: https://shop.example");
  assert.equal(preflight.headers.get("access-control-allow-credentials"), "true");
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /Content-Type/);
});
