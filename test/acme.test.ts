import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type PeerCertificate, connect as tlsConnect } from "node:tls";
import { authorityExtensions, makeCertificate, newKey } from "../gateway/listen/tls/make-certificate.ts";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type Pebble, startPebble } from "./pebble.ts";
import { waitFor } from "./wait-for.ts";

const folder = mkdtempSync(join(tmpdir(), "turnpike-acme-"));
let pebble: Pebble;
before(async () => {
  writeFileSync(join(folder, "index.html"), "hello");
  pebble = await startPebble();
});
after(async () => {
  await pebble.close();
  rmSync(folder, { recursive: true });
});

/** A gateway on the ports where the authority looks for challenges. */
const start = (data: string, hosts: readonly string[], tls: object): Promise<Gateway> =>
  startGateway({
    data: join(folder, data),
    ports: { http: pebble.httpPort, https: pebble.tlsPort, admin: 0 },
    config: {
      tls: {
        mode: "acme",
        email: "ops@shop.example",
        directory: pebble.directory,
        root: pebble.root,
        ...tls,
      },
      sites: [{ id: "main", hosts }],
      routes: [{ path: "/", static: { dir: folder } }],
    },
  });

/** The certificate that is shown for the host, null where the handshake is refused. */
const shown = (host: string): Promise<PeerCertificate | null> =>
  new Promise((resolve) => {
    const options = { port: pebble.tlsPort, host: "127.0.0.1", servername: host, rejectUnauthorized: false };
    const socket = tlsConnect(options, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on("error", () => resolve(null)).on("close", () => resolve(null));
  });

const serial = async (host: string): Promise<string | null> => (await shown(host))?.serialNumber ?? null;

const storeOf = (data: string): string => {
  const certs = join(folder, data, "certs");
  const [store = ""] = readdirSync(certs);
  return join(certs, store);
};

/** Makes the certificate due, as if its time had come. */
const makeDue = (data: string, host: string): void => {
  const file = join(storeOf(data), `${host.replace("*", "_wildcard")}.json`);
  const state = JSON.parse(readFileSync(file, "utf8")) as { plan: object };
  const due = { failures: 0, nextTryAt: 0, trouble: null, plan: { ...state.plan, renewAt: 1 } };
  writeFileSync(file, JSON.stringify(due));
};

const isPlanned = (data: string, host: string): boolean => {
  const file = join(storeOf(data), `${host.replace("*", "_wildcard")}.json`);
  return existsSync(file) && readFileSync(file, "utf8").includes("renewAt");
};

const ways = [
  ["http-01", ["http.shop.example", "www.http.shop.example"], {}],
  ["tls-alpn-01", ["alpn.shop.example"], {}],
  ["dns-01", ["*.dns.shop.example"], {}],
] as const;

for (const [challenge, hosts, more] of ways) {
  test(`${challenge} gets certificates and renews them, half of all nonces being refused`, async () => {
    const dns = challenge === "dns-01" ? { dns: { command: [pebble.dnsHook] } } : {};
    const tls = { challenge, ...dns, ...more };
    const names = hosts.map((host) => host.replace("*", "a"));
    let gateway = await start(challenge, hosts, tls);
    const serials: (string | null)[] = [];
    try {
      for (const name of names) serials.push(await waitFor(() => serial(name), `a certificate for ${name}`));
      assert.equal(await shown("unknown.example"), null);
      const redirect = await ask(`${gateway.url}/`, { headers: { host: names[0] ?? "" } });
      assert.equal(redirect.headers.location, `https://${names[0]}:${pebble.tlsPort}/`);
      await waitFor(() => hosts.every((host) => isPlanned(challenge, host)), "the plans");
      for (const host of hosts) {
        assert.equal(
          statSync(join(storeOf(challenge), `${host.replace("*", "_wildcard")}.pem`)).mode & 0o777,
          0o600,
        );
      }
    } finally {
      await gateway.stop();
    }
    for (const host of hosts) makeDue(challenge, host);
    gateway = await start(challenge, hosts, tls);
    try {
      assert.ok(await serial(names[0] ?? ""), "the old certificate serves from the first moment on");
      for (const [i, name] of names.entries()) {
        await waitFor(
          async () => ![null, serials[i]].includes(await serial(name)),
          `a new certificate for ${name}`,
        );
      }
    } finally {
      await gateway.close();
    }
    assert.deepEqual(
      readdirSync(join(storeOf(challenge), "challenges", "http-01")),
      [],
      "challenges are taken away",
    );
    if (challenge !== "dns-01") return;
    const calls = readFileSync(pebble.dnsCalls, "utf8").trim().split("\n");
    const record = "_acme-challenge.dns.shop.example";
    assert.deepEqual(calls, [
      `present ${record}`,
      `cleanup ${record}`,
      `present ${record}`,
      `cleanup ${record}`,
    ]);
  });
}

test("whatever goes wrong, the old certificate serves and the log says what to do", async () => {
  const host = "wrong.shop.example";
  const tls = { challenge: "http-01" };
  const data = "wrong";
  let gateway = await start(data, [host], tls);
  const first = await waitFor(
    async () => isPlanned(data, host) && (await serial(host)),
    "the first certificate",
  ).finally(() => gateway.stop());
  const other = newKey();
  const otherRoot = join(folder, "other-root.crt");
  const about = {
    name: "Another root",
    hosts: [],
    publicKey: createPublicKey(other),
    notBefore: 0,
    notAfter: 4e12,
  };
  writeFileSync(
    otherRoot,
    makeCertificate({ ...about, extensions: authorityExtensions(other) }, { name: about.name, key: other }),
  );

  const refusal = async (settings: object): Promise<string> => {
    makeDue(data, host);
    gateway = await start(data, [host], { ...tls, ...settings });
    try {
      await waitFor(() => gateway.output().includes("tried again at"), "the failure to be told");
      assert.equal(await serial(host), first);
      return (
        gateway
          .output()
          .split("\n")
          .find((line) => line.includes("tried again at")) ?? ""
      );
    } finally {
      await gateway.stop();
    }
  };
  const meanwhile = /the old certificate serves for \d+ more days/;
  const wrongRoot = await refusal({ root: otherRoot });
  assert.match(wrongRoot, /has a certificate that this machine does not trust: set tls\.root/);
  assert.match(wrongRoot, meanwhile);

  await pebble.setAddress(host, "127.0.0.3"); // where nothing listens
  const rejected = await refusal({});
  assert.match(
    rejected,
    /the authority says connection \(.+\): let http:\/\/wrong\.shop\.example\/\.well-known\/acme-challenge\//,
  );
  assert.match(rejected, meanwhile);
  await pebble.clearAddress(host);

  const hook = await refusal({
    challenge: "dns-01",
    dns: { command: ["/bin/sh", "-c", "echo no such zone >&2; exit 3"] },
  });
  assert.match(hook, /tls\.dns\.command present failed \(3\), saying: no such zone; run it by hand/);

  await pebble.kill();
  const down = await refusal({});
  assert.match(down, /127\.0\.0\.1:\d+ cannot be reached: see whether it is down/);
  assert.match(down, meanwhile);
  await pebble.close();
  pebble = await startPebble();
});

test("a host that nobody configured gets a certificate where `ask` says yes, and only there", async () => {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url ?? "");
    res.statusCode = req.url?.includes("good") ? 200 : 403;
    res.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const onDemand = { ask: `http://127.0.0.1:${port}/may?key=1`, allow: ["127.0.0.1/32"] };
  let gateway: Gateway | null = null;
  try {
    gateway = await start("demand", ["*"], { onDemand });
    assert.equal(await serial("bad.shop.example"), null);
    assert.ok(await waitFor(() => serial("good.shop.example"), "a certificate on demand"));
    assert.equal(await serial("localhost"), null);
    assert.equal(await serial("127.0.0.1.evil"), null);
    assert.ok(asked.includes("/may?key=1&domain=bad.shop.example"));
    assert.ok(asked.every((url) => !url.includes("localhost")));
  } finally {
    await gateway?.close();
    server.close().closeAllConnections();
  }
});

test("a question on demand does not reach into the machine", async () => {
  const gateway = await start("demand-inner", ["*"], { onDemand: { ask: "http://127.0.0.1:1/" } });
  try {
    assert.equal(await serial("good.shop.example"), null);
    assert.match(gateway.output(), /tls\.onDemand\.ask cannot be asked .* address of the inner network/);
  } finally {
    await gateway.close();
  }
});
