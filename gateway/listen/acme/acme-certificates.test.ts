import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createAcmeCertificates } from "./acme-certificates.ts";
import { createAuthority } from "./authority.ts";
import { createKeeper } from "./keeper.ts";
import { createLock } from "./lock.ts";
import { createOnDemand } from "./on-demand.ts";
import { httpProof } from "./proofs.ts";
import { openStore } from "./store.ts";
import { startTestAuthority } from "./test-authority.ts";

const start = async (t: TestContext) => {
  const root = mkdtempSync(join(tmpdir(), "turnpike-certificates-"));
  const ca = await startTestAuthority({
    clock: Date.now,
    lifeMs: () => 90 * 86_400_000,
    window: null,
    find: (_host, token) => store.challenge("http-01", token),
  });
  const store = openStore(root, ca.directory);
  const warnings: string[] = [];
  t.after(async () => {
    await ca.close();
    rmSync(root, { recursive: true });
  });
  const gateway = (hosts: readonly string[], ask?: (host: string) => Promise<boolean>) => {
    const own = openStore(root, ca.directory);
    const authority = createAuthority({ directory: ca.directory });
    const report = { info: () => {}, warn: (line: string) => void warnings.push(line) };
    const keeper = createKeeper({
      store: own,
      lock: createLock(own.dir),
      authority,
      proofsFor: () => [httpProof(own)],
      clock: Date.now,
      random: Math.random,
      ...report,
    });
    const onDemand = ask ? createOnDemand({ ask, most: 2, clock: Date.now, ...report }) : null;
    const certificates = createAcmeCertificates({
      store: own,
      keeper,
      hosts,
      onDemand,
      clock: Date.now,
      ...report,
    });
    t.after(async () => {
      await certificates.close();
      authority.close();
    });
    return certificates;
  };
  return { ca, store, gateway, warnings };
};

/** Until it is true; a test that waits in vain is ended by the runner. */
const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await pause(10);
};

test("hosts get their certificates by themselves, hosts of a reload too", async (t) => {
  const { gateway, ca } = await start(t);
  const certificates = gateway(["a.example"]);
  assert.equal(await certificates.contextFor("a.example"), null);
  certificates.start();
  await until(() => certificates.covers("a.example"));
  assert.ok(await certificates.contextFor("a.example"));
  certificates.follow(["b.example"]);
  await until(() => certificates.covers("b.example"));
  assert.deepEqual(
    certificates.status().map(({ host, failures, trouble }) => ({ host, failures, trouble })),
    [{ host: "b.example", failures: 0, trouble: null }],
  );
  assert.deepEqual(
    ca.orders.map(({ host }) => host),
    ["a.example", "b.example"],
  );
});

test("a gateway on the same store serves what another one got, from its start on", async (t) => {
  const { gateway, ca } = await start(t);
  const first = gateway(["a.example"]);
  first.start();
  await until(() => first.covers("a.example"));
  assert.ok(gateway(["a.example"]).covers("a.example"));
  assert.equal(ca.orders.length, 1);
});

test("on demand: one order for many that ask at once, none without a yes, none beyond the most", async (t) => {
  const { gateway, ca } = await start(t);
  const asked: string[] = [];
  const certificates = gateway([], async (host) => {
    asked.push(host);
    return host !== "no.example";
  });
  const contexts = await Promise.all(Array.from({ length: 20 }, () => certificates.contextFor("a.example")));
  assert.ok(contexts.every((context) => context !== null && context === contexts[0]));
  assert.equal(await certificates.contextFor("no.example"), null);
  for (const odd of ["localhost", "a b", "127.0.0.1", "..", "*.example"]) {
    assert.equal(await certificates.contextFor(odd), null, odd);
  }
  assert.ok(await certificates.contextFor("b.example"));
  assert.equal(await certificates.contextFor("c.example"), null, "two are the most");
  assert.deepEqual([ca.orders.length, asked], [2, ["a.example", "no.example", "b.example"]]);
});

test("hosts of the settings are beside those on demand, and where there are too many of these it is told", async (t) => {
  const { gateway, warnings } = await start(t);
  const certificates = gateway(["a.example", "b.example", "c.example"], async () => true);
  for (const host of ["d.example", "e.example"]) assert.ok(await certificates.contextFor(host), host);
  assert.deepEqual(warnings, []);
  for (const host of ["f.example", "g.example"])
    assert.equal(await certificates.contextFor(host), null, host);
  assert.deepEqual(warnings, [
    "acme: f.example gets no certificate: 2 hosts have one on demand, which is tls.onDemand.most",
  ]);
  // One that is named in the settings now is no guest any more.
  certificates.follow(["a.example", "d.example"]);
  assert.ok(await certificates.contextFor("f.example"));
});

test("challenges are answered by any gateway on the store, and other paths are left to the site", async (t) => {
  const { gateway, store } = await start(t);
  const certificates = gateway([]);
  store.keepChallenge("http-01", "token-1", "token-1.thumb");
  const server = createServer((req, res) => {
    if (!certificates.answerChallenge(req, res)) res.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const get = async (path: string) => {
    const res = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${res.status} ${await res.text()}`;
  };
  const base = "/.well-known/acme-challenge/";
  assert.equal(await get(`${base}token-1`), "200 token-1.thumb");
  for (const path of [`${base}token-2`, base, `${base}..%2f..%2faccount.json`, `${base}.`, "/"]) {
    assert.equal(await get(path), "404 ", path);
  }
  assert.deepEqual([certificates.hasChallenges?.(), certificates.challengeFor?.("a.example")], [false, null]);
  store.keepChallenge("tls-alpn-01", "a.example", "t.thumb");
  assert.equal(certificates.hasChallenges?.(), true);
  assert.ok(certificates.challengeFor?.("a.example"));
  store.dropChallenge("tls-alpn-01", "a.example");
  assert.equal(certificates.hasChallenges?.(), false);
});
