import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { createLocalAuthority } from "./local-authority.ts";
import { coversHost, readCertificate } from "./read-certificate.ts";

const day = 86_400_000;

const open = (t: TestContext, dir = mkdtempSync(join(tmpdir(), "turnpike-local-"))) => {
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const time = { now: Date.now() };
  return {
    dir,
    time,
    local: createLocalAuthority({ dir, clock: () => time.now, serves: (host) => host !== "x.example" }),
  };
};

test("a certificate of the local authority is trusted by who trusts its root", (t) => {
  const { dir, local } = open(t);
  const leaf = new X509Certificate(local.fallback()?.cert ?? "");
  const root = new X509Certificate(readFileSync(join(dir, "ca.crt")));
  assert.ok(leaf.verify(root.publicKey) && leaf.checkIssued(root) && root.ca && !leaf.ca);
  for (const name of ["localhost"]) assert.equal(leaf.checkHost(name), name);
  for (const address of ["127.0.0.1", "::1"]) assert.equal(leaf.checkIP(address), address);
  assert.equal(statSync(join(dir, "ca.pem")).mode & 0o777, 0o600);
});

test("every host that is served has one, others have none", (t) => {
  const { local } = open(t);
  assert.ok(local.contextFor("a.example"));
  assert.equal(local.contextFor("a.example"), local.contextFor("a.example"), "made once");
  assert.equal(local.contextFor("x.example"), null);
});

test("the authority stays the same across starts and gateways, and is made anew before it ends", (t) => {
  const first = open(t);
  first.local.fallback();
  const root = readFileSync(join(first.dir, "ca.crt"), "utf8");
  const second = open(t, first.dir);
  second.local.fallback();
  assert.equal(readFileSync(join(first.dir, "ca.crt"), "utf8"), root);
  first.time.now += 3600 * day;
  const leaf = readCertificate(first.local.fallback()?.cert ?? "");
  assert.notEqual(readFileSync(join(first.dir, "ca.crt"), "utf8"), root);
  assert.ok(leaf.notAfter > first.time.now + 80 * day);
});

test("a certificate is made anew a month before it ends", (t) => {
  const { local, time } = open(t);
  const before = local.fallback();
  time.now += 59 * day;
  assert.equal(local.fallback(), before);
  time.now += 2 * day;
  assert.notEqual(local.fallback(), before);
});

test("what is given to browsers is there also where the first process was killed before it was written", (t) => {
  const { dir, local } = open(t);
  local.fallback();
  const root = readFileSync(join(dir, "ca.crt"), "utf8");
  rmSync(join(dir, "ca.crt"));
  open(t, dir).local.fallback();
  assert.equal(readFileSync(join(dir, "ca.crt"), "utf8"), root);
});

const gateway = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { X509Certificate } = require("node:crypto");
  const { gate, dirs, module, now } = workerData;
  import(module).then(({ createLocalAuthority }) => {
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < 3); // all begin at one moment
    const leaves = dirs.map((dir) => createLocalAuthority({ dir, clock: () => now, serves: () => true }).fallback());
    parentPort.postMessage(leaves.map(({ cert }) => cert));
  });
`;

for (const [what, laterMs] of [
  ["is missing", null],
  ["ends", 3600 * day],
] as const) {
  test(`processes that find at one moment that the authority ${what} have the same one`, async (t) => {
    const opened = Array.from({ length: 20 }, () => open(t));
    if (laterMs !== null) for (const { local } of opened) local.fallback();
    const dirs = opened.map(({ dir }) => dir);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const module = new URL("./local-authority.ts", import.meta.url).href;
    const now = Date.now() + (laterMs ?? 0);
    const serve = () =>
      new Promise<readonly string[]>((resolve, reject) => {
        const worker = new Worker(gateway, { eval: true, workerData: { gate, dirs, module, now } });
        worker.once("message", resolve);
        worker.once("error", reject);
      });
    for (const leaves of await Promise.all([serve(), serve(), serve()])) {
      for (const [i, dir] of dirs.entries()) {
        const root = new X509Certificate(readFileSync(join(dir, "ca.crt")));
        assert.ok(new X509Certificate(leaves[i] ?? "").verify(root.publicKey), `folder ${i}`);
      }
    }
    for (const dir of dirs) assert.deepEqual(readdirSync(dir).sort(), ["ca.crt", "ca.pem"]);
  });
}

test("a spoiled authority is told, not replaced", (t) => {
  const { dir, local } = open(t);
  writeFileSync(join(dir, "ca.pem"), "nonsense");
  assert.throws(
    () => local.fallback(),
    /^Error: tls: \S+ca\.pem does not hold a key and a certificate: remove it/,
  );
});

test("names are covered by themselves and by one label in place of a star", () => {
  const cases: readonly [names: string[], host: string, covered: boolean][] = [
    [["a.example"], "a.example", true],
    [["*.example"], "a.example", true],
    [["*.example"], "b.a.example", false],
    [["*.example"], "example", false],
    [["*.a.example"], "*.a.example", true],
    [["a.example"], "b.example", false],
  ];
  for (const [names, host, covered] of cases)
    assert.equal(coversHost(names, host), covered, `${names} ${host}`);
});

test("the days that are left are told, of what clients are shown and of the authority", (t) => {
  const { local, time } = open(t);
  const days = () =>
    local.status().map(({ host, notAfter }) => [host, Math.round(((notAfter ?? 0) - time.now) / day)]);
  assert.deepEqual(days(), [
    ["localhost", 90],
    ["local authority", 3650],
  ]);
  time.now += 50 * day;
  assert.deepEqual(days()[0], ["localhost", 40]);
  time.now += 20 * day;
  assert.deepEqual(days()[0], ["localhost", 90], "made anew, also where nobody connects");
});

test("an authority that cannot be read is said, and has no days left", (t) => {
  const { dir, local } = open(t);
  writeFileSync(join(dir, "ca.pem"), "nonsense");
  const [only] = local.status();
  assert.equal(only?.notAfter, null);
  assert.match(only?.trouble ?? "", /ca\.pem does not hold a key and a certificate: remove it/);
});
