import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, test } from "node:test";
import { type PeerCertificate, connect as tlsConnect } from "node:tls";
import { exchangeBytes } from "../gateway/http/test-server.ts";
import { keyPem, makeCertificate, newKey } from "../gateway/listen/tls/make-certificate.ts";
import { ask } from "./ask.ts";
import { personAgent } from "./gateway.ts";
import { h2Client } from "./h2-client.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const folder = mkdtempSync(join(tmpdir(), "turnpike-tls-"));
after(() => rmSync(folder, { recursive: true }));

/** Writes a pair for the hosts and says where; signed by itself. */
const writePair = (name: string, hosts: readonly string[]) => {
  const key = newKey();
  const day = 86_400_000;
  const cert = makeCertificate(
    {
      name,
      hosts,
      publicKey: createPublicKey(key),
      notBefore: Date.now() - day,
      notAfter: Date.now() + 90 * day,
    },
    { name, key },
  );
  const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, keyPem(key));
  return files;
};

/** The certificate that is shown to a client that asks for the host, null where the handshake is refused. */
const shown = (url: string, servername: string): Promise<PeerCertificate | null> =>
  new Promise((resolve) => {
    const socket = tlsConnect({
      port: Number(new URL(url).port),
      host: "127.0.0.1",
      servername,
      rejectUnauthorized: false,
    });
    socket.on("secureConnect", () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on("error", () => resolve(null));
    socket.on("close", () => resolve(null));
  });

/** A plain hit over HTTP/1.1. */
const postHit = (url: string, host: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const options = { method: "POST", servername: host, headers: { host, "user-agent": personAgent } };
    request(`${url}/tr/v1/`, { ...options, rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume().on("end", () => resolve(answer));
    })
      .on("error", reject)
      .end('{"ename":"seen"}');
  });

test("the shipped settings serve everything over HTTP/2 with a local certificate", async () => {
  await withGateway({}, async (gateway) => {
    const client = h2Client(gateway.secureUrl);
    const page = await client.ask("/pricing/");
    assert.equal(page.status, 200);
    assert.match(page.text, /<html[^>]* data-x-pricing-headline=/);
    assert.match(String(page.headers["set-cookie"]), /vid=[^;]+;.*Secure/);
    assert.equal(page.headers.connection, undefined);

    const script = await client.ask("/track.js");
    assert.deepEqual(
      [script.status, script.headers["content-type"]],
      [200, "text/javascript; charset=utf-8"],
    );

    const proxied = await client.ask("/api/cart", { headers: { accept: "application/json" } });
    assert.ok(proxied.status < 500, `the demo's back end answered ${proxied.status}`);

    const event = { eid: "01961f0e-6d2a-7c44-9d0e-3c1f6f6f2a11", ename: "signup" };
    const stored = await client.ask("/tr/v1/", { method: "POST", body: JSON.stringify(event) });
    assert.deepEqual([stored.status, stored.headers["turnpike-event"]], [200, event.eid]);
    client.close();
    assert.equal((await ask(`${gateway.url}/pricing/`)).status, 200, "and http goes on beside it");
  });
});

test("bodies reach a server behind whole, both ways, over HTTP/2", async () => {
  const seen: unknown[] = [];
  const upstream = createServer(async (req, res) => {
    const body = await buffer(req);
    seen.push(req.headers["x-forwarded-proto"], req.headers.host, req.headers.cookie, req.headers[":path"]);
    res.setHeader("connection", "close");
    res.setHeader("x-sha", createHash("sha256").update(body).digest("hex"));
    res.end(body);
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const { port } = upstream.address() as AddressInfo;
  const config = {
    tls: "local",
    routes: [{ path: "/", proxy: { upstreams: [`http://127.0.0.1:${port}`] } }],
  };
  try {
    await withGateway({ config }, async (gateway) => {
      const client = h2Client(gateway.secureUrl);
      const body = randomBytes(600_000);
      const sha = createHash("sha256").update(body).digest("hex");
      for (const headers of [{}, { "content-length": String(body.length) }]) {
        const answer = await client.ask("/echo", {
          method: "POST",
          headers: { ...headers, cookie: "a=1; b=2" },
          body,
        });
        assert.deepEqual(
          [answer.status, answer.headers["x-sha"], answer.headers.connection],
          [200, sha, undefined],
        );
      }
      assert.deepEqual(seen.slice(0, 4), [
        "https",
        `localhost:${new URL(gateway.secureUrl).port}`,
        "a=1; b=2",
        undefined,
      ]);
      client.close();
    });
  } finally {
    upstream.close().closeAllConnections();
  }
});

test("files are served by name, read again when they change, and a broken pair changes nothing", async () => {
  const shop = writePair("shop", ["shop.example", "*.shop.example"]);
  const other = writePair("other", ["other.example"]);
  const config = {
    tls: { mode: "files", files: [shop, other], redirectExcept: ["/health", "/open/"] },
    sites: [
      {
        id: "main",
        hosts: ["shop.example", "a.shop.example", "other.example"],
        hsts: { includeSubDomains: true },
      },
    ],
    routes: [{ path: "/", static: { dir: "." } }],
  };
  writeFileSync(join(folder, "index.html"), "hello");
  await withGateway(
    { config: { ...config, routes: [{ path: "/", static: { dir: folder } }] } },
    async (gateway) => {
      const name = async (host: string) => (await shown(gateway.secureUrl, host))?.subject.CN ?? null;
      assert.deepEqual(
        [await name("shop.example"), await name("a.shop.example"), await name("other.example")],
        ["shop", "shop", "other"],
      );
      assert.equal(await name("unknown.example"), null, "a host nobody configured gets no certificate");
      assert.equal(await name(""), "shop", "a client that names no host gets the first");

      const client = h2Client(gateway.secureUrl, "shop.example");
      const page = await client.ask("/");
      assert.deepEqual(
        [page.status, page.headers["strict-transport-security"]],
        [200, "max-age=31536000; includeSubDomains"],
      );
      const misdirected = await client.ask("/", { headers: { ":authority": "unknown.example" } });
      assert.equal(misdirected.status, 421);
      client.close();
      const hit = await postHit(gateway.secureUrl, "shop.example");
      assert.deepEqual(
        [hit.statusCode, hit.headers["strict-transport-security"]],
        [200, "max-age=31536000; includeSubDomains"],
        "a plain hit over HTTP/1.1",
      );
      assert.match(String(hit.headers["set-cookie"]), /vid=[^;]+;.*Secure/);

      const plain = (path: string, host = "shop.example") =>
        ask(`${gateway.url}${path}`, { headers: { host } });
      const { port } = new URL(gateway.secureUrl);
      const sent = await plain("/a%20b?c=d");
      assert.deepEqual([sent.status, sent.headers.location], [308, `https://shop.example:${port}/a%20b?c=d`]);
      assert.equal(
        sent.headers["strict-transport-security"],
        undefined,
        "never said in the clear (RFC 6797 §7.2)",
      );
      const handshake = (path: string) =>
        exchangeBytes(
          gateway.ports.http,
          `GET ${path} HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
          "\r\n\r\n",
        );
      assert.match(
        await handshake("/tr/v1/ws?a=b"),
        new RegExp(`^HTTP/1\\.1 308 [^]*location: https://shop\\.example:${port}/tr/v1/ws\\?a=b\r\n`),
        "a websocket in the clear, too",
      );
      assert.match(await handshake("/open/ws"), /^HTTP\/1\.1 404 /, "an exception is asked for as it is");
      for (const path of ["/health", "/open/x", "/%6Fpen/x", "/.well-known/acme-challenge/x"]) {
        assert.equal((await plain(path)).status, 404, path);
      }
      assert.equal((await plain("/", "unknown.example")).status, 421);

      writeFileSync(shop.key, "not a key");
      await waitFor(() => gateway.output().includes("the one of before serves on"), "the warning");
      assert.equal(await name("shop.example"), "shop");
      const renewed = writePair("renewed", ["shop.example"]);
      copyFileSync(renewed.key, shop.key);
      copyFileSync(renewed.cert, shop.cert);
      await waitFor(async () => (await name("shop.example")) === "renewed", "the new certificate");
      assert.equal(await name(""), "renewed");
    },
  );
});

test("what TLS needs and does not have ends the start with one sentence", async () => {
  const key = join(folder, "none.key");
  writeFileSync(key, "");
  const { cert } = writePair("lonely", ["shop.example"]);
  await assert.rejects(
    withGateway({ config: { tls: { cert, key } } }, async () => {}),
    /tls: \S+lonely\.crt and \S+none\.key cannot be used together/,
  );
});
