import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { CollectRequest } from "./collect/request.ts";
import { readRecordedRequest, writeRecordedRequest } from "./model/recorded-request.ts";
import type { Site } from "./model/site.ts";
import { testSite } from "./model/test-site.ts";
import { createRedact, createRestore, readRestoredLogins } from "./recorded-secrets.ts";

const [first, second] = ["the first write key", "the second write key"];
const site: Site = {
  ...testSite,
  writeKeys: [first, second],
  identity: { allowWithoutOrigin: false, header: "X-Login", secret: "s".repeat(32) },
};
const redact = createRedact([site], {
  tokens: new Map([[site.id, (headers) => headers["x-login"] ?? null]]),
  baseOf: (path) => (path.startsWith("/tr/v1/") ? "/tr/v1/" : null),
  maxBodyBytes: 10_000,
});
const restore = createRestore([site]);

const request = (change: Partial<CollectRequest>): CollectRequest => ({
  site,
  receivedAt: 0,
  method: "POST",
  path: "/mp/collect",
  query: "",
  host: "a.test",
  secure: true,
  address: "",
  headers: {},
  body: "",
  debugs: false,
  ...change,
});

/** Through the recording and back. */
const through = (change: Partial<CollectRequest>) => {
  const redacted = redact(request(change));
  assert.ok(redacted);
  const told = { ...redacted, at: 0, method: "POST", remoteAddress: null };
  const line = writeRecordedRequest(told);
  const read = readRecordedRequest(line);
  assert.equal(read.kind, "request");
  return { line, back: restore(read.kind === "request" ? read.request : told) };
};

test("a write key is not recorded, and a replay has it again", () => {
  const basic = `Basic ${Buffer.from(`${second}:`).toString("base64")}`;
  for (const [authorization, key] of [
    [`Bearer ${first.replaceAll(" ", "_")}`, null],
    [basic, second],
  ] as const) {
    const { line, back } = through({ headers: { authorization } });
    assert.ok(!line.includes(authorization.slice(8)), line);
    assert.equal(back.headers["authorization"], `Bearer ${key ?? "*"}`);
  }
  const { line, back } = through({ query: `measurement_id=G-1&api_secret=${encodeURIComponent(first)}&x=1` });
  assert.doesNotMatch(line, /first/);
  assert.equal(back.url, `/mp/collect?measurement_id=G-1&api_secret=${encodeURIComponent(first)}&x=1`);
});

test("a key that was wrong stays wrong, and one that has gone since is another of its site", () => {
  const { line, back } = through({ query: "api_secret=guess" });
  assert.doesNotMatch(line, /guess|proof/);
  assert.equal(back.url, "/mp/collect?api_secret=*");
  const later = createRestore([{ ...site, writeKeys: ["a new key"] }]);
  const headers = { authorization: "Bearer *" };
  const recorded = { at: 0, method: "POST", url: "/", headers, body: Buffer.alloc(0), remoteAddress: null };
  const restored = later({ ...recorded, proof: { writeKey: "main/2" } });
  assert.equal(restored.headers["authorization"], "Bearer a new key");
});

test("cookies of the site's own server and its login are not recorded; whom it named is", () => {
  const cookie = "PHPSESSID=abc; vid=v1; tp_sid=s; jwt=ey; tp_consent=granted; CookieConsent=3";
  const { line, back } = through({ headers: { cookie, "x-login": "ada", "proxy-authorization": "x" } });
  assert.doesNotMatch(line, /PHPSESSID|jwt|proxy-auth/);
  assert.equal(back.headers["cookie"], "vid=v1; tp_sid=s; tp_consent=granted; CookieConsent=3");
  const reader = readRestoredLogins([site]).get(site.id);
  assert.equal(reader?.(back.headers, 0), "ada");
});

test("nobody names a user by sending what only a replay writes", () => {
  const { back } = through({ headers: { "turnpike-login": "admin" } });
  assert.equal(readRestoredLogins([site]).get(site.id)?.(back.headers, 0), null);
  const bare = { at: 0, method: "POST", url: "/", body: Buffer.alloc(0), remoteAddress: null };
  const forged = restore({ ...bare, headers: { "turnpike-login": "admin" } });
  assert.equal(readRestoredLogins([site]).get(site.id)?.(forged.headers, 0), null);
});

test("write keys and secrets in a body are not recorded, packed or not, and what is no secret comes back", () => {
  const sent = {
    ename: "a",
    writeKey: second,
    jwt: "ey.x",
    params: { x: first, token: "t" },
    y: [second, "ü"],
  };
  const text = JSON.stringify(sent);
  for (const packed of [false, true]) {
    const headers = packed ? { "content-encoding": "br" } : {};
    const body = packed ? brotliCompressSync(text) : Buffer.from(text);
    const { line, back } = through({ path: "/tr/v1/", headers, body });
    assert.doesNotMatch(line, /write key|ey\.x|"t\\"/);
    assert.equal(back.headers["content-encoding"], undefined);
    assert.deepEqual(JSON.parse(back.body.toString()), {
      ...sent,
      writeKey: "*",
      jwt: "*",
      params: { x: first, token: "*" },
    });
  }
});

test("a body without a secret is recorded as it came", () => {
  const body = gzipSync('{"ename":"a"}');
  const { back } = through({ path: "/tr/v1/", headers: { "content-encoding": "gzip" }, body });
  assert.deepEqual(back.body, body);
  assert.equal(back.headers["content-encoding"], "gzip");
});

test("of a body that cannot be unpacked nearly nothing is recorded, of one that is too large nothing", () => {
  const headers = { "content-encoding": "gzip" };
  const { back } = through({ headers, body: Buffer.from("write_key=the first write key") });
  assert.equal(back.body.length, 2);
  assert.equal(redact(request({ headers, body: gzipSync(Buffer.alloc(10_001)) })), null);
});

test("secrets in a path and in headers are not recorded", () => {
  const { line, back } = through({
    path: "/tr/v1/token/abc/ename/x",
    headers: {
      "x-api-key": "k",
      user: '{"uid":"u","password":"abc"}',
      referer: "https://a.test/?token=abc&x=1",
    },
  });
  assert.doesNotMatch(line, /abc|x-api-key/);
  assert.equal(back.url, "/tr/v1/token/*/ename/x");
  assert.equal(back.headers["referer"], "https://a.test/?token=*&x=1");
});

test("who sends what stands for a key gets none", () => {
  const { back } = through({
    path: "/tr/v1/",
    body: '{"x":"*","proof":{"in_body":[{"at":1,"key":"main/1"}]}}',
  });
  assert.doesNotMatch(back.body.toString(), /first/);
});
