import assert from "node:assert/strict";
import { test } from "node:test";
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
const redact = createRedact([site], new Map([[site.id, (headers) => headers["x-login"] ?? null]]));
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
  const told = {
    ...redact(request(change)),
    at: 0,
    method: "POST",
    body: Buffer.alloc(0),
    remoteAddress: null,
  };
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
