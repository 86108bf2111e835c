import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { authorityExtensions, makeCertificate, newKey } from "../listen/tls/make-certificate.ts";
import { loadConfig } from "./load.ts";

/** What loading says of the settings, in a folder with some files. */
const load = (t: TestContext, settings: object) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-config-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const key = newKey();
  const facts = { name: "test", hosts: [], publicKey: createPublicKey(key), notBefore: 0, notAfter: 9e12 };
  const ca = makeCertificate({ ...facts, extensions: authorityExtensions(key) }, { name: "test", key });
  for (const name of ["ca.pem", "other.pem"]) writeFileSync(join(folder, name), ca);
  writeFileSync(join(folder, "404.html"), "not here");
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(settings));
  const loaded = loadConfig({ file });
  const mistakes =
    loaded.kind === "ok"
      ? []
      : loaded.mistakes.map(({ path, message }) => `${path}: ${message.replaceAll(folder, ".")}`);
  return { loaded, mistakes, folder };
};

const respond = { body: "in" };

test("files that routes and sites name are taken from the settings file's folder", (t) => {
  const { loaded, folder } = load(t, {
    sites: [{ id: "main", errorPages: { "404": "./404.html" } }],
    routes: [{ path: "/", respond, errorPages: { "403": "404.html" }, clientCertificates: { ca: "ca.pem" } }],
  });
  assert.equal(loaded.kind, "ok");
  if (loaded.kind !== "ok") return;
  const [route] = loaded.config.routes;
  assert.equal(loaded.config.sites[0]?.errorPages?.["404"], join(folder, "404.html"));
  assert.equal(route?.errorPages?.["403"], join(folder, "404.html"));
  assert.equal(route?.clientCertificates?.ca, join(folder, "ca.pem"));
});

test("files that are not there, and authorities that are none, are told with their place", (t) => {
  const { mistakes } = load(t, {
    sites: [{ id: "main", errorPages: { "404": "none.html" } }],
    routes: [
      { path: "/a", respond, errorPages: { "403": "none.html" } },
      { path: "/b", respond, clientCertificates: { ca: "none.pem" } },
      { path: "/c", respond, clientCertificates: { ca: "404.html" }, hosts: ["c.example"] },
    ],
  });
  assert.deepEqual(mistakes, [
    "routes[0].errorPages.403: there is no file ./none.html",
    "routes[1].clientCertificates.ca: there is no file ./none.pem",
    "routes[2].clientCertificates.ca: ./404.html holds no certificate: expected one or more in PEM",
    "sites[0].errorPages.404: there is no file ./none.html",
  ]);
});

test("routes of one host cannot ask for certificates of two files", (t) => {
  const { mistakes } = load(t, {
    routes: [
      { path: "/a", respond, clientCertificates: { ca: "ca.pem" } },
      { path: "/b", respond, clientCertificates: { ca: "ca.pem" } },
      { path: "/c", respond, clientCertificates: { ca: "other.pem" } },
    ],
  });
  assert.deepEqual(mistakes, [
    "routes[2].clientCertificates.ca: is not the one of routes[0], which has the same host: a host asks for the certificates of one file",
  ]);
});

test("a route has exactly one answer, or redirects alone", (t) => {
  const cases: readonly [route: object, isRight: boolean][] = [
    [{ respond }, true],
    [{ redirect: [{ pattern: "^/", to: "/" }] }, true],
    [{ respond, redirect: [{ pattern: "^/", to: "/" }] }, true],
    [{ respond, static: { dir: "." } }, false],
    [{ deny: ["10.0.0.0/8"] }, false],
  ];
  for (const [route, isRight] of cases) {
    assert.equal(load(t, { routes: [route] }).mistakes.length === 0, isRight, JSON.stringify(route));
  }
});

test("a password that was written in the place of its hash is not told", (t) => {
  const { mistakes } = load(t, { routes: [{ respond, basicAuth: { users: { ann: "my secret" } } }] });
  assert.deepEqual(mistakes, [
    "routes[0].basicAuth.users.ann: expected what `turnpike hash-password` prints",
  ]);
});
