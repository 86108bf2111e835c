import assert from "node:assert/strict";
import { test } from "node:test";
import { certifiable, tlsSettings, uncertified, writeOutTls } from "./settings.ts";

test("short forms are written out", () => {
  const cases: readonly [short: unknown, whole: unknown][] = [
    ["ops@shop.example", { mode: "acme", email: "ops@shop.example" }],
    ["local", { mode: "local" }],
    ["off", { mode: "off" }],
    [
      { cert: "a", key: "b" },
      { mode: "files", files: [{ cert: "a", key: "b" }] },
    ],
    [
      { cert: "a", key: "b", redirect: false },
      { mode: "files", files: [{ cert: "a", key: "b" }], redirect: false },
    ],
    [
      { cert: "a", kye: "b", redirect: false },
      { mode: "files", files: [{ cert: "a", key: undefined, kye: "b" }], redirect: false },
    ],
    [{ files: [] }, { mode: "files", files: [] }],
    [{ directory: "letsencrypt-staging" }, { mode: "acme", directory: "letsencrypt-staging" }],
    [
      { mode: "local", email: "a@b.example" },
      { mode: "local", email: "a@b.example" },
    ],
    [{ minVersion: "1.3" }, { minVersion: "1.3" }],
    ["letsencrypt", "letsencrypt"],
    [7, 7],
  ];
  for (const [short, whole] of cases) assert.deepEqual(writeOutTls(short), whole);
});

test("left out, TLS is off", () => {
  assert.equal(tlsSettings.parse({}).mode, "off");
});

test("an authority is asked for names of the public DNS alone, wildcards where they can be proven", () => {
  const hosts = [
    "*",
    "shop.example",
    "localhost",
    "a.localhost",
    "127.0.0.1",
    "[::1]",
    "*.b.example",
    "x.b.example",
    "intranet",
  ];
  assert.deepEqual(certifiable(hosts, false), ["shop.example", "x.b.example"]);
  assert.deepEqual(certifiable([...hosts, "shop.example"], true), ["*.b.example", "shop.example"]);
});

test("a host that no authority certifies is told, a wildcard with what it needs", () => {
  const hosts = ["*", "shop.example", "localhost", "203.0.113.7", "*.b.example", "intranet", "intranet"];
  const told = (tls: object) => uncertified(tlsSettings.parse({ mode: "acme", ...tls }), hosts);
  const [address = "", wildcard = "", label = "", ...more] = told({});
  assert.match(
    address,
    /^203\.0\.113\.7 gets no certificate: an authority certifies names of the public DNS/,
  );
  assert.match(
    wildcard,
    /^\*\.b\.example gets no certificate: a wildcard is proven by the DNS alone, so set tls\.dns/,
  );
  assert.match(label, /^intranet gets no certificate/);
  assert.deepEqual(more, []);
  assert.equal(told({ dns: { command: ["hook"] } }).length, 2);
  assert.equal(told({ onDemand: { ask: "https://a.example/" } }).length, 2);
  assert.deepEqual(told({ mode: "local" }), []);
});
