import assert from "node:assert/strict";
import { test } from "node:test";
import { certifiable, tlsSettings, writeOutTls } from "./settings.ts";

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
