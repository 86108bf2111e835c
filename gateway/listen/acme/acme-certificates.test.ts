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
import { createOnDemand, type OnDemandOptions } from "./on-demand.ts";
import { httpProof } from "./proofs.ts";
import type { Proof } from "./prove.ts";
import { openStore } from "./store.ts";
import { startTestAuthority } from "./test-authority.ts";

/** What never comes to an end by itself, such as a command that waits for name servers. */
const stuckProof: Proof = {
  type: "http-01",
  show: (_host, _token, _value, signal) => pause(3_600_000, () => Promise.resolve(), { signal }),
};

const day = 86_400_000;

const start = async (t: TestContext) => {
  const time = { aheadMs: 0 };
  const clock = () => Date.now() + time.aheadMs;
  const root = mkdtempSync(join(tmpdir(), "turnpike-certificates-"));
  const ca = await startTestAuthority({
    clock,
    lifeMs: () => 90 * day,
    window: null,
    find: (_host, token) => store.challenge("http-01", token),
  });
  const store = openStore(root, ca.directory);
  const warnings: string[] = [];
  t.after(async () => {
    await ca.close();
    rmSync(root, { recursive: true });
  });
  const gateway = (hosts: readonly string[], ask?: OnDemandOptions["ask"], stuck = "") => {
    const own = openStore(root, ca.directory);
    const authority = createAuthority({ directory: ca.directory });
    const report = { info: () => {}, warn: (line: string) => void warnings.push(line) };
    const keeper = createKeeper({
      store: own,
      lock: createLock(own.dir),
      atOnce: 4,
      authority,
      proofsFor: (host) => [host === stuck ? stuckProof : httpProof(own)],
      clock,
      random: Math.random,
      ...report,
    });
    const onDemand = ask ? createOnDemand({ ask, most: 2, clock, ...report }) : null;
    const certificates = createAcmeCertificates({
      store: own,
      keeper,
      hosts,
      onDemand,
      clock,
      ...report,
    });
    t.after(async () => {
      authority.close(); // as at the end of a stop's patience
      await certificates.close();
    });
    return certificates;
  };
  return { ca, store, gateway, warnings, time };
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

test("an order that is stuck holds up no other host, also none of a reload, and is not placed twice", async (t) => {
  const { gateway, ca, warnings } = await start(t);
  const hosts = ["stuck.example", ...Array.from({ length: 12 }, (_, i) => `h${i}.example`)];
  const certificates = gateway(hosts, undefined, "stuck.example");
  certificates.start();
  await until(() => hosts.slice(1).every((host) => certificates.covers(host)));
  certificates.follow([...hosts, "late.example"]);
  await until(() => certificates.covers("late.example"));
  const ordered = ca.orders.map(({ host }) => host);
  assert.deepEqual([...new Set(ordered)].sort(), [...hosts, "late.example"].sort());
  assert.equal(ordered.length, hosts.length + 1, "one order a host");
  assert.deepEqual([ca.accounts, warnings], [1, []]);
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

/** An operator's server that says what the test wants. */
const createAsk = () => {
  const says = { now: "yes" as "yes" | "no" | "nothing", asked: 0 };
  const ask = async () => {
    says.asked++;
    if (says.now === "nothing") throw new Error("connect ECONNREFUSED");
    return says.now === "yes";
  };
  return { says, ask };
};

test("on demand: `ask` is asked before a renewal; a no ends it, is told, and the certificate serves to its end", async (t) => {
  const { gateway, ca, warnings, time, store } = await start(t);
  const { says, ask } = createAsk();
  const certificates = gateway([], ask);
  certificates.start();
  const first = await certificates.contextFor("a.example");
  assert.ok(first);
  certificates.follow([]);
  await until(() => store.state("a.example").plan !== null);
  time.aheadMs = 65 * day;
  certificates.follow([]);
  while ((await certificates.contextFor("a.example")) === first) await pause(10);
  assert.deepEqual([ca.orders.length, says.asked], [2, 2]);
  await until(() => store.state("a.example").plan !== null);

  says.now = "no";
  time.aheadMs = 130 * day;
  certificates.follow([]);
  await until(() => warnings.length > 0);
  assert.deepEqual(warnings, [
    "acme: tls.onDemand.ask says no to a.example: its certificate is not renewed, and serves for 24 more days",
  ]);
  assert.ok(await certificates.contextFor("a.example"), "it is good still");
  assert.deepEqual(certificates.status(), [], "it is looked after no more");
  time.aheadMs = 160 * day;
  assert.equal(await certificates.contextFor("a.example"), null);
  assert.deepEqual([ca.orders.length, warnings.length], [2, 1]);

  says.now = "yes";
  time.aheadMs = 161 * day;
  const again = await certificates.contextFor("a.example");
  assert.ok(again, "who is welcome again gets one in the handshake, not the one that has ended");
  assert.deepEqual([ca.orders.length, certificates.status()[0]?.host], [3, "a.example"]);
});

test("on demand: while `ask` cannot be asked, renewals go on, and nobody new gets a certificate", async (t) => {
  const { gateway, ca, warnings, time, store } = await start(t);
  const { says, ask } = createAsk();
  const certificates = gateway([], ask);
  certificates.start();
  assert.ok(await certificates.contextFor("a.example"));
  certificates.follow([]);
  await until(() => store.state("a.example").plan !== null);
  says.now = "nothing";
  time.aheadMs = 65 * day;
  assert.equal(await certificates.contextFor("b.example"), null);
  certificates.follow([]);
  await until(() => ca.orders.length === 2);
  assert.deepEqual(warnings, [
    "acme: tls.onDemand.ask cannot be asked about b.example: connect ECONNREFUSED",
    "acme: tls.onDemand.ask cannot be asked about a.example: connect ECONNREFUSED",
  ]);
});

test("on demand: after a restart good certificates serve while `ask` cannot be asked or is slow, ended ones do not", async (t) => {
  const { gateway, ca, time, store } = await start(t);
  const { says, ask } = createAsk();
  const before = gateway([], ask);
  for (const host of ["a.example", "b.example"]) assert.ok(await before.contextFor(host));
  says.now = "nothing";
  assert.ok(await gateway([], ask).contextFor("a.example"));
  assert.ok(store.certificate("b.example"));
  const slow = gateway([], () => new Promise(() => {}));
  for (let i = 0; i < 40; i++) void slow.contextFor(`h${i}.example`);
  assert.ok(await slow.contextFor("b.example"));
  for (const odd of ["../a.example", "h99.example", "localhost"])
    assert.equal(await slow.contextFor(odd), null);
  says.now = "no";
  assert.equal(await gateway([], ask).contextFor("a.example"), null, "a no is one");
  time.aheadMs = 95 * day;
  says.now = "nothing";
  assert.equal(await gateway([], ask).contextFor("a.example"), null);
  assert.equal(ca.orders.length, 2);
  says.now = "yes";
  time.aheadMs = 96 * day;
  const late = gateway([], ask);
  assert.ok(await late.contextFor("a.example"));
  assert.equal(ca.orders.length, 3, "ordered in the handshake");
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
