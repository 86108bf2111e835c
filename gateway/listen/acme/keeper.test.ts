import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeCertificate, newKey } from "../tls/make-certificate.ts";
import { readCertificate } from "../tls/read-certificate.ts";
import { type AuthorityOptions, createAuthority, newAccount } from "./authority.ts";
import { createKeeper } from "./keeper.ts";
import { createLock } from "./lock.ts";
import { httpProof } from "./proofs.ts";
import { type CertificateStore, openStore } from "./store.ts";
import { startTestAuthority, type TestAuthorityOptions } from "./test-authority.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const host = "shop.example";

/** A repeatable row of numbers from 0 to 1 (mulberry32). */
const createRandom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
};

const start = async (t: TestContext, authorityOptions: Partial<TestAuthorityOptions> = {}) => {
  const time = { now: Date.UTC(2026, 2, 1) };
  const clock = () => time.now;
  const root = mkdtempSync(join(tmpdir(), "turnpike-acme-"));
  const lines: string[] = [];
  let store: CertificateStore | null = null;
  const ca = await startTestAuthority({
    clock,
    lifeMs: () => 90 * day,
    window: null,
    find: (_host, token) => store?.challenge("http-01", token) ?? null,
    ...authorityOptions,
  });
  store = openStore(root, ca.directory);
  t.after(async () => {
    await ca.close();
    rmSync(root, { recursive: true });
  });
  /** A gateway on the store. */
  const gateway = (seed = 1, clientOptions: Partial<AuthorityOptions> = {}) => {
    const shared = openStore(root, ca.directory);
    const authority = createAuthority({ directory: ca.directory, ...clientOptions });
    t.after(() => authority.close());
    return createKeeper({
      store: shared,
      lock: createLock(shared.dir),
      atOnce: 4,
      authority,
      proofsFor: () => [httpProof(shared)],
      clock,
      random: createRandom(seed),
      info: (line) => lines.push(line),
      warn: (line) => lines.push(line),
    });
  };
  const facts = () => readCertificate(store.certificate(host)?.cert ?? "");
  return { time, ca, store, gateway, lines, facts };
};

/** Looks as often as the keeper wants to, until the time. */
const live = async (
  keeper: { look(host: string): Promise<number> },
  time: { now: number },
  until: number,
  each: () => void = () => {},
): Promise<void> => {
  while (time.now < until) {
    const next = await keeper.look(host);
    each();
    assert.ok(next >= time.now, "the next look is not in the past");
    time.now = Math.max(next, time.now + 1000);
  }
};

const windowText = (start: string, end: string) => JSON.stringify({ suggestedWindow: { start, end } });

for (const withWindows of [true, false]) {
  const how = withWindows ? "windows of the authority" : "no windows";
  test(`three years of ever shorter lives, ${how}, outages and failures: never expired, no limit exceeded`, async (t) => {
    const random = createRandom(withWindows ? 7 : 8);
    const begin = Date.UTC(2026, 2, 1);
    const lives = [90, 64, 45, 6.7];
    const period = (3 * 365 * day) / lives.length;
    const { time, ca, gateway, facts, store } = await start(t, {
      lifeMs: () => (lives[Math.min(lives.length - 1, Math.floor((time.now - begin) / period))] ?? 0) * day,
      window: withWindows
        ? ({ notBefore, notAfter }) => {
            const at = notBefore + (notAfter - notBefore) * 0.6;
            // Twice everything has to be renewed at once, as when an authority revokes.
            const isUrgent = Math.floor((time.now - begin) / day) % 400 === 399;
            return isUrgent
              ? { start: time.now - day, end: time.now - hour }
              : { start: at, end: at + day / 2 };
          }
        : null,
      // 30 hours a month nothing answers; of what is answered, one in five fails.
      mood: () => ((time.now - begin) % (30 * day) > 30 * day - 30 * hour ? "down" : "well"),
      failsValidation: () => random() < 0.2,
    });
    const keeper = gateway();
    let expiredMs = 0;
    let renewals = 0;
    let current: { id: string | null; notAfter: number } | null = null;
    await live(keeper, time, begin + 3 * 365 * day, () => {
      if (store.version(host) === "") return;
      const now = facts();
      if (current && now.id !== current.id) {
        renewals++;
        expiredMs += Math.max(0, time.now - current.notAfter);
      }
      current = now;
    });
    assert.equal(expiredMs, 0);
    assert.deepEqual(ca.exceeded, []);
    assert.ok(renewals > 80, `${renewals} renewals`);
    assert.ok(ca.failed.length > 10, `${ca.failed.length} validations failed`);
    const [first, ...later] = ca.orders.filter((order) => order.at > begin + day);
    assert.ok(first);
    if (withWindows) assert.ok(later.filter((order) => order.replaces).length >= renewals - 1);
    else assert.ok(later.every((order) => !order.replaces));
    assert.equal(ca.accounts, 1);
    t.diagnostic(`${renewals} renewals, ${ca.orders.length} orders, ${ca.failed.length} failed validations`);
  });
}

test("a clock that is years ahead orders once a day, says so, and is forgotten once it is right", async (t) => {
  let lead = 0;
  const { time, ca, gateway, lines } = await start(t, { clock: () => time.now - lead });
  const keeper = gateway();
  await live(keeper, time, time.now + hour);
  assert.equal(ca.orders.length, 1);
  lead = 6 * 365 * day;
  time.now += lead;
  await live(keeper, time, time.now + 3.5 * day);
  assert.equal(ca.orders.length, 5, "one at once, and one a day");
  assert.match(
    lines.join(),
    /by the clock of this machine the certificate that came is not valid now: set the clock right/,
  );
  time.now -= lead;
  lead = 0;
  await live(keeper, time, time.now + 50 * day);
  assert.equal(ca.orders.length, 5, "the last one is good for long");
});

test("a certificate that is gone is ordered anew at once", async (t) => {
  const { time, ca, gateway, store } = await start(t);
  await live(gateway(), time, time.now + hour);
  store.keepCertificate(host, { cert: "gone", key: "gone" });
  await gateway().look(host);
  assert.equal(ca.orders.length, 2);
});

test("three gateways on one store place one order, and all have its certificate", async (t) => {
  const { ca, gateway, time, store } = await start(t);
  const keepers = [gateway(1), gateway(2), gateway(3)];
  for (let round = 0; round < 5; round++) {
    await Promise.all(keepers.map((keeper) => keeper.look(host)));
    time.now += 6_000;
  }
  assert.deepEqual([ca.orders.length, ca.accounts], [1, 1]);
  const before = store.version(host);
  time.now += 61 * day;
  for (let round = 0; round < 5; round++) {
    await Promise.all(keepers.map((keeper) => keeper.look(host)));
    time.now += 6_000;
  }
  assert.equal(ca.orders.length, 2, "and one to renew it");
  assert.notEqual(store.version(host), before);
});

test("failures are tried again after 1, 10, 100 minutes, then daily, also across restarts", async (t) => {
  const { time, gateway, ca, lines, store } = await start(t, { failsValidation: () => true });
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    const next = await gateway().look(host); // a new process each time
    waits.push((next - time.now) / minute);
    time.now = next - 1;
    assert.equal(await gateway().look(host), next, "nothing is tried before");
    time.now = next;
  }
  assert.deepEqual(waits, [1, 10, 100, 1440, 1440, 1440]);
  assert.deepEqual(ca.exceeded, []);
  assert.equal(store.state(host).failures, 6);
  assert.match(
    lines[0] ?? "",
    /^acme: shop\.example: the authority says connection \(nothing answered\): let http:\/\/shop\.example\/\.well-known\/acme-challenge\/ reach listen\.http of this gateway: port 80 open to the internet, DNS pointing here, nothing else answering; tried again at 2026-03-01T00:01:00\.000Z, it cannot be reached by https meanwhile$/,
  );
});

test("an authority that says when to come back is heard", async (t) => {
  const { time, gateway, lines } = await start(t, { mood: () => "limited" });
  assert.equal(await gateway().look(host), time.now + 2 * hour);
  assert.match(lines[0] ?? "", /rateLimited .*: wait: it is tried again when the authority allows it/);
});

test("while the authority is down or slow the old certificate stays, and the log says what to do", async (t) => {
  let mood: "well" | "down" | "silent" = "well";
  const { time, gateway, lines, store, ca } = await start(t, { mood: () => mood });
  const keeper = gateway();
  await keeper.look(host);
  const version = store.version(host);
  await keeper.look(host); // makes the plan
  time.now += 62 * day;
  const hasty = gateway(1, { timeoutMs: 100 });
  const cases = [
    ["down", keeper, /127\.0\.0\.1:\d+ cannot be reached: see whether it is down, or a firewall/],
    ["silent", hasty, /127\.0\.0\.1:\d+ does not answer in time: see whether it is down/],
  ] as const;
  for (const [now, asked, sentence] of cases) {
    mood = now;
    lines.length = 0;
    time.now = await asked.look(host);
    const line = lines.find((one) => one.includes("tried again at")) ?? "";
    assert.match(line, sentence);
    assert.match(line, /the old certificate serves for 27 more days$/);
    assert.equal(store.version(host), version);
  }
  mood = "well";
  await keeper.look(host);
  assert.deepEqual([ca.orders.length, store.state(host).failures], [2, 0]);
  assert.notEqual(store.version(host), version);
});

test("an authority that cannot be reached is asked every 100 minutes, not once a day", async (t) => {
  const { time, gateway } = await start(t, { mood: () => "down" });
  const waits: number[] = [];
  for (let i = 0; i < 5; i++) {
    const next = await gateway().look(host);
    waits.push((next - time.now) / minute);
    time.now = next;
  }
  assert.deepEqual(waits, [1, 10, 100, 100, 100]);
});

test("an order for a certificate that was replaced before is placed as any other", async (t) => {
  const { time, gateway, ca, store } = await start(t, {
    window: ({ notBefore }) => ({ start: notBefore + 10 * day, end: notBefore + 11 * day }),
  });
  const keeper = gateway();
  await keeper.look(host);
  const first = store.certificate(host);
  await live(keeper, time, time.now + 12 * day);
  assert.ok(ca.orders[1]?.replaces);
  if (first) store.keepCertificate(host, first); // somebody has restored a backup
  await live(keeper, time, time.now + day);
  assert.deepEqual([ca.orders.length, ca.orders[2]?.replaces, store.state(host).trouble], [3, null, null]);
});

test("a profile is asked for by its name", async (t) => {
  const { gateway, ca } = await start(t);
  await gateway(1, { profile: "shortlived" }).look(host);
  assert.equal(ca.orders[0]?.profile, "shortlived");
});

test("what is kept may be read by its owner alone", async (t) => {
  const { gateway, store } = await start(t);
  await gateway().look(host);
  for (const file of [`${host}.pem`, `${host}.json`, "account.json", "orders.json"]) {
    assert.equal(statSync(join(store.dir, file)).mode & 0o777, 0o600, file);
  }
  assert.equal(statSync(store.dir).mode & 0o777, 0o700);
});

test("files that somebody has spoiled are written anew", async (t) => {
  const { gateway, store, ca, lines } = await start(t);
  for (const file of [`${host}.pem`, `${host}.json`, "account.json", "orders.json"]) {
    writeFileSync(join(store.dir, file), "{ not what it was");
  }
  await gateway().look(host);
  assert.equal(ca.orders.length, 1);
  assert.match(
    lines[0] ?? "",
    /^acme: the certificate of shop\.example in .* is damaged: another one is ordered$/,
  );
  assert.match(lines[1] ?? "", /^acme: shop\.example has a certificate of Test authority, good for 89 days$/);
});

test("a certificate whose key is spoiled, or of another, is ordered anew at once", async (t) => {
  const { gateway, store, ca } = await start(t);
  const keeper = gateway();
  const { key: otherKey } = newAccount();
  for (const key of ["-----BEGIN PRIVATE KEY-----\nbm90aGluZw==\n-----END PRIVATE KEY-----", otherKey]) {
    await keeper.look(host);
    const before = ca.orders.length;
    store.keepCertificate(host, { key, cert: store.certificate(host)?.cert ?? "" });
    await keeper.look(host);
    assert.equal(ca.orders.length, before + 1);
  }
});

test("an account whose key is spoiled is made anew", async (t) => {
  const { gateway, store, ca } = await start(t);
  writeFileSync(join(store.dir, "account.json"), JSON.stringify({ key: "no key", url: `${ca.directory}/1` }));
  await gateway().look(host);
  assert.deepEqual([ca.orders.length, ca.accounts, store.state(host).trouble], [1, 1, null]);
});

for (const [why, type, status] of [
  ["is said to be replaced already", "alreadyReplaced", 409],
  ["is of an account whose key was lost", "unauthorized", 403],
  ["is not known to it", "malformed", 404],
] as const) {
  test(`a certificate that ${why} is renewed all the same`, async (t) => {
    const { time, gateway, ca, store } = await start(t, {
      window: ({ notBefore }) => ({ start: notBefore + 10 * day, end: notBefore + 11 * day }),
      interrupts: (what, { replaces }) =>
        what === "order" && replaces ? { status, body: { type, detail: "not this one" } } : null,
    });
    const keeper = gateway();
    await keeper.look(host);
    await live(keeper, time, time.now + 12 * day);
    assert.deepEqual([ca.orders.length, ca.orders[1]?.replaces, store.state(host).trouble], [2, null, null]);
  });
}

test("an account that the authority has closed is told as that, not as a host that cannot be reached", async (t) => {
  const { gateway, lines } = await start(t, {
    interrupts: (what) =>
      what === "order"
        ? { status: 403, body: { type: "unauthorized", detail: "account is deactivated" } }
        : null,
  });
  await gateway().look(host);
  assert.match(
    lines[0] ?? "",
    /unauthorized \(account is deactivated\): see what it says of the account; where it is closed/,
  );
});

test("429 of a server in front of the authority is heard, and asked no second time", async (t) => {
  let asked = 0;
  const { time, gateway, lines } = await start(t, {
    interrupts(what) {
      if (what !== "order") return null;
      asked++;
      return { status: 429, headers: { "retry-after": "5400" }, body: "<h1>slow down</h1>" };
    },
  });
  assert.equal(await gateway().look(host), time.now + 90 * minute);
  assert.equal(asked, 1);
  assert.match(lines[0] ?? "", /rateLimited \(status 429\): wait/);
});

test("an authority in trouble is asked every 100 minutes, not once a day", async (t) => {
  const { time, gateway, lines } = await start(t, {
    interrupts: (what) => (what === "order" ? { status: 503, body: "maintenance" } : null),
  });
  const waits: number[] = [];
  for (let i = 0; i < 4; i++) {
    const next = await gateway().look(host);
    waits.push((next - time.now) / minute);
    time.now = next;
  }
  assert.deepEqual(waits, [1, 10, 100, 100]);
  assert.match(lines[0] ?? "", /serverInternal \(status 503\): wait: it is tried again by itself/);
});

const oddWindows = [
  ["404", { status: 404, body: { type: "malformed", detail: "no such certificate" } }],
  ["500", { status: 500, body: "<h1>oops</h1>" }],
  ["no JSON", { status: 200, body: "soon" }],
  ["a list", { status: 200, body: "[]" }],
  ["an end before its start", { status: 200, body: windowText("2026-04-02", "2026-04-01") }],
  ["times that are none", { status: 200, body: windowText("spring", "summer") }],
] as const;

for (const [what, answer] of oddWindows) {
  test(`where the authority answers with ${what} for its window, a certificate is renewed by its age`, async (t) => {
    const { time, gateway, ca } = await start(t, {
      window: () => ({ start: 0, end: 0 }),
      interrupts: (asked) => (asked === "renewal" ? answer : null),
    });
    const begin = time.now;
    await live(gateway(), time, begin + 89 * day);
    assert.equal(ca.orders.length, 2);
    const age = ((ca.orders[1]?.at ?? 0) - begin) / day;
    assert.ok(age > 58 && age < 61, `renewed after ${age} days`);
  });
}

test("a window that is over is followed at once, and once", async (t) => {
  const { time, gateway, ca } = await start(t, { window: () => ({ start: 0, end: hour }) });
  const begin = time.now;
  await live(gateway(), time, begin + 3 * day);
  const days = ca.orders.map(({ at }) => Math.round((at - begin) / day));
  assert.deepEqual(days, [0, 1, 2, 3].slice(0, days.length), "never sooner than a day after the last");
});

test("a time to try again that a wrong clock wrote down is not waited for", async (t) => {
  const { time, gateway, store, ca } = await start(t, { failsValidation: () => ca.orders.length < 2 });
  const today = time.now;
  time.now += 400 * day;
  await gateway().look(host);
  assert.equal(store.state(host).failures, 1);
  time.now = today;
  await gateway().look(host);
  assert.deepEqual([ca.orders.length, store.state(host).failures], [2, 0]);
});

test("a folder that is gone is told in a sentence, and has no challenges", async (t) => {
  const { gateway, store, lines } = await start(t);
  const keeper = gateway();
  rmSync(store.dir, { recursive: true });
  assert.equal(store.hasChallenges("tls-alpn-01"), false);
  await keeper.look(host);
  assert.match(
    lines[0] ?? "",
    /^acme: shop\.example: the certificate folder .* cannot be written \(ENOENT.*\): see that it is there/,
  );
});

test("challenges of an order that was killed go with the next one, whoever places it", async (t) => {
  const { gateway, store, ca } = await start(t);
  const keeper = gateway();
  store.keepChallenge("http-01", "token-of-the-killed", "token-of-the-killed.print");
  store.keepChallenge("tls-alpn-01", "gone.example", "token.print");
  await keeper.look(host);
  assert.equal(ca.orders.length, 1);
  assert.ok(store.certificate(host));
  assert.equal(store.challenge("http-01", "token-of-the-killed"), null);
  assert.equal(store.hasChallenges("tls-alpn-01"), false, "no connection is looked at any more");
});

const otherPair = (lifeMs: number) => {
  const key = newKey();
  const publicKey = createPublicKey(key);
  const times = { notBefore: Date.UTC(2026, 1, 1), notAfter: Date.UTC(2026, 1, 1) + lifeMs };
  return makeCertificate({ name: host, hosts: [host], publicKey, ...times }, { name: "Test", key });
};

for (const [what, body] of [
  ["of another key", () => otherPair(200 * day)],
  [
    "that cannot be read in its chain",
    (good: string) => `${good}-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n`,
  ],
] as const) {
  test(`a certificate ${what} is none: the old one stays, and it is tried again with patience`, async (t) => {
    let isOdd = false;
    const { time, gateway, ca, store, lines } = await start(t, {
      interrupts: (asked) =>
        isOdd && asked === "certificate"
          ? { status: 200, body: body(store.certificate(host)?.cert ?? "") }
          : null,
    });
    const keeper = gateway();
    await keeper.look(host);
    await keeper.look(host);
    const before = store.version(host);
    isOdd = true;
    time.now += 62 * day;
    lines.length = 0;
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      const next = await keeper.look(host);
      waits.push((next - time.now) / minute);
      time.now = next;
    }
    assert.deepEqual(waits, [1, 10, 100, 1440]);
    assert.equal(store.version(host), before, "the old one serves");
    assert.equal(ca.orders.length, 5);
    assert.match(lines[0] ?? "", /the certificate that came cannot be used \(.+\); tried again at/);
  });
}

test("a folder that cannot be looked into throws at nobody, and has nothing", async (t) => {
  const { gateway, store, lines } = await start(t);
  const keeper = gateway();
  rmSync(store.dir, { recursive: true });
  symlinkSync(store.dir, store.dir); // a loop: an error other than that it is not there, for root too
  assert.equal(store.version(host), "");
  assert.equal(store.hasChallenges("tls-alpn-01"), false);
  await keeper.look(host);
  assert.match(lines[0] ?? "", /ELOOP/);
});

for (const page of ["<h1>maintenance</h1>", "null"]) {
  test(`a directory that is ${page} is told as none, and asked for every 100 minutes`, async (t) => {
    const server = createServer((_req, res) => res.end(page));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close().closeAllConnections());
    const { time, gateway, lines } = await start(t);
    const directory = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      const next = await gateway(1, { directory }).look(host);
      waits.push((next - time.now) / minute);
      time.now = next;
    }
    assert.deepEqual(waits, [1, 10, 100, 100]);
    assert.match(
      lines[0] ?? "",
      /^acme: shop\.example: http:\/\/127\.0\.0\.1:\d+\/ answers with no ACME directory: see that tls\.directory/,
    );
  });
}
