import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { type OutboundOptions, requestOutbound } from "./outbound.ts";

const serve = async (t: TestContext, listener: RequestListener): Promise<number> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
};

const allow = ["127.0.0.1/32"];

test("an address of the inner network is not asked, whatever the name", async () => {
  const inner = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "fe80::1",
    "fd00::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::127.0.0.1",
    "ff02::1",
  ];
  for (const address of inner) {
    const asked = requestOutbound("http://shop.example/", { resolve: async () => [address] });
    await assert.rejects(asked, /^Error: shop\.example is at \S+, an address of the inner network/, address);
    const literal = address.includes(":") ? `[${address}]` : address;
    await assert.rejects(requestOutbound(`http://${literal}/`), /inner network/, address);
  }
});

test("ways to write an inner address are seen through", async () => {
  for (const host of ["2130706433", "0x7f.1", "0177.0.0.1", "127.1"]) {
    await assert.rejects(requestOutbound(`http://${host}/`), /inner network/, host);
  }
});

test("the address that was looked over is the one that is connected to", async (t) => {
  const port = await serve(t, (req, res) => res.end(`${req.method} ${req.headers.host}`));
  let asked = 0;
  const resolve = async () => {
    asked++;
    return asked === 1 ? ["127.0.0.1"] : ["192.0.2.1"];
  };
  const answer = await requestOutbound(`http://shop.example:${port}/`, { allow, resolve });
  assert.deepEqual([answer.status, String(answer.body), asked], [200, `GET shop.example:${port}`, 1]);
});

test("our own listeners are not asked, even where loopback is allowed", async (t) => {
  const port = await serve(t, (_req, res) => res.end());
  const asked = requestOutbound(`http://127.0.0.1:${port}/`, { allow, ownPorts: () => [port] });
  await assert.rejects(asked, new RegExp(`127\\.0\\.0\\.1:${port} is this gateway itself`));
});

test("a redirect is an answer, not a way", async (t) => {
  const port = await serve(t, (_req, res) => res.writeHead(302, { location: "http://127.0.0.1:1/" }).end());
  assert.equal((await requestOutbound(`http://127.0.0.1:${port}/`, { allow })).status, 302);
});

test("where the head counts alone, a body that is too long, breaks off or never ends does not matter", async (t) => {
  const bodies: readonly RequestListener[] = [
    (_req, res) => void res.end(Buffer.alloc(5000)),
    (_req, res) => {
      res.writeHead(200, { "content-length": 100 }).write("half", () => res.destroy());
    },
    (_req, res) => void res.writeHead(200).write("and"),
  ];
  for (const body of bodies) {
    const port = await serve(t, body);
    const answer = await requestOutbound(`http://127.0.0.1:${port}/`, {
      allow,
      headOnly: true,
      maxBytes: 100,
    });
    assert.deepEqual([answer.status, answer.body.length], [200, 0]);
  }
});

test("a server that never ends an answer of which the head counts is left after a second", async (t) => {
  const left = new Promise<void>((resolve) => {
    const endless: RequestListener = (_req, res) => {
      res.writeHead(200).write("and");
      res.on("close", resolve);
    };
    void serve(t, endless).then((port) =>
      requestOutbound(`http://127.0.0.1:${port}/`, { allow, headOnly: true, timeoutMs: 600_000 }),
    );
  });
  await left;
});

test("what is too slow, too long, gone or no URL is one sentence", async (t) => {
  const silent = await serve(t, () => {});
  const endless = await serve(t, (_req, res) => void res.end(Buffer.alloc(5000)));
  const cases: readonly [url: string, options: OutboundOptions, message: RegExp][] = [
    [`http://127.0.0.1:${silent}/`, { timeoutMs: 50 }, /did not answer within 50 ms/],
    [`http://127.0.0.1:${endless}/`, { maxBytes: 4999 }, /more than 4999 bytes/],
    ["http://shop.example/", { timeoutMs: 50, resolve: () => new Promise(() => {}) }, /within 50 ms/],
    ["http://shop.example/", { resolve: async () => [] }, /has no address/],
    ["http://127.0.0.1:1/", {}, /127\.0\.0\.1:1 cannot be asked \(ECONNREFUSED\)/],
    ["http://a:b@127.0.0.1/", {}, /with a password/],
    ["file:///etc/passwd", {}, /is no http\(s\) URL/],
  ];
  for (const [url, options, message] of cases) {
    await assert.rejects(requestOutbound(url, { allow, ...options }), message, url);
  }
});
