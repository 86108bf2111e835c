import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openCertificateFiles } from "./certificate-files.ts";
import { keyPem, makeCertificate, newKey } from "./make-certificate.ts";

const day = 86_400_000;
const today = Date.UTC(2026, 0, 1);

const open = (t: TestContext, notBefore: number, notAfter: number, hosts = ["shop.example"]) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-files-"));
  const names = { cert: join(folder, "shop.pem"), key: join(folder, "shop.key") };
  const write = (from: number, to: number, named = ["shop.example"]): void => {
    const key = newKey();
    const what = { name: "shop.example", hosts: named, notBefore: from, notAfter: to };
    writeFileSync(
      names.cert,
      makeCertificate({ ...what, publicKey: createPublicKey(key) }, { name: "T", key }),
    );
    writeFileSync(names.key, keyPem(key));
  };
  write(notBefore, notAfter);
  const time = { now: today };
  const said: string[] = [];
  const tell = (sentence: string) => void said.push(sentence.replace(folder, "…"));
  const certificates = openCertificateFiles({
    files: [names],
    hosts,
    clock: () => time.now,
    info: tell,
    warn: tell,
  });
  t.after(async () => {
    await certificates.close();
    rmSync(folder, { recursive: true });
  });
  return { certificates, time, said, write };
};

test("a certificate that nobody replaces is told once a day from two weeks before its end on", (t) => {
  const { certificates, time, said, write } = open(t, today - 70 * day, today + 20 * day);
  certificates.look();
  assert.deepEqual(said, []);
  time.now += 10 * day;
  certificates.look();
  certificates.look();
  assert.deepEqual(said.splice(0), [
    "tls: the certificate in …/shop.pem is good for 10 more days, until 2026-01-21T00:00:00.000Z: put a new one there, it is read by itself",
  ]);
  time.now += day;
  certificates.look();
  assert.match(said.splice(0).join(), /good for 9 more days/);
  time.now += 10 * day;
  certificates.look();
  assert.match(
    said.splice(0).join(),
    /has ended at 2026-01-21T00:00:00\.000Z, and browsers refuse it: put a new one there/,
  );
  write(time.now - day, time.now + 89 * day);
  certificates.look();
  certificates.look();
  assert.equal(said.length, 1);
  assert.match(said.join(), /was read again/);
});

test("one that has ended, or has not begun, is told at the start", (t) => {
  assert.match(open(t, today - 90 * day, today - day).said.join(), /has ended at 2025-12-31/);
  assert.match(
    open(t, today + day, today + 90 * day).said.join(),
    /is good from 2026-01-02T00:00:00\.000Z on, and browsers refuse it: see that the clock is right/,
  );
});

test("one that has ended takes no place of one that is good, only of one that has ended as well", (t) => {
  const { certificates, time, said, write } = open(t, today - day, today + 60 * day);
  const shown = () => certificates.status()[0]?.notAfter;
  write(today - 90 * day, today - day);
  certificates.look();
  assert.equal(shown(), today + 60 * day);
  assert.deepEqual(said.splice(0), [
    "tls: the certificate in …/shop.pem has ended at 2025-12-31T00:00:00.000Z: put a new one there; the one of before serves on",
  ]);
  write(today - day, today + 50 * day);
  certificates.look();
  assert.equal(shown(), today + 50 * day);
  time.now += 70 * day;
  write(today, today + 65 * day);
  certificates.look();
  assert.equal(shown(), today + 65 * day);
});

test("a short life is not told as long as there is time to replace it", (t) => {
  assert.deepEqual(open(t, today - day, today + 6 * day).said, []);
});

test("hosts that no certificate names are told at the start, with new hosts, and with a new certificate", async (t) => {
  const local = ["*", "[::1]", "127.0.0.1", "localhost", "shop.localhost"];
  const hosts = [...local, "shop.example", "www.shop.example", "*.blog.example"];
  const { certificates, said, write } = open(t, today, today + 90 * day, hosts);
  const sentence = (...names: string[]) =>
    `tls: no certificate in tls names ${names.join(", ")}: https is refused there, and http is not sent to it`;
  assert.deepEqual(said.splice(0), [sentence("www.shop.example", "*.blog.example")]);
  certificates.follow([...hosts, "other.example"]);
  assert.deepEqual(said.splice(0), [sentence("other.example")]);
  const missing = () => certificates.status().filter(({ notAfter }) => notAfter === null);
  assert.deepEqual(
    missing().map(({ host }) => host),
    ["www.shop.example", "*.blog.example", "other.example"],
  );
  write(today, today + 80 * day, ["*.shop.example", "en.blog.example"]);
  certificates.look();
  assert.deepEqual(said.splice(0).slice(1), [sentence("shop.example")]);
  write(today, today + 70 * day, ["*.shop.example", "shop.example", "*.blog.example", "other.example"]);
  certificates.look();
  assert.equal(said.splice(0).length, 1, "it was read again");
  assert.deepEqual(missing(), []);
  assert.equal(await certificates.contextFor("else.example"), null);
});
