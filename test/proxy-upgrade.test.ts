/** Websockets and encrypted upstreams, through the real program. */
import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { exchangeBytes } from "../gateway/http/test-server.ts";
import { keyPem, makeCertificate, newKey } from "../gateway/listen/tls/make-certificate.ts";
import { ask } from "./ask.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const listen = async (t: TestContext, server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
};

/** An upstream that echoes frames, and shows how it was asked. */
const echo = async (t: TestContext) => {
  const asked: IncomingMessage[] = [];
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 16 * 1024 * 1024 });
  const server = createServer((_req, res) => res.end("plain"));
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head) => {
    asked.push(req);
    if (req.url === "/ws/no") {
      socket.end("HTTP/1.1 401 Unauthorized\r\nX-Why: no\r\nContent-Length: 9\r\n\r\nnot today");
      return;
    }
    sockets.handleUpgrade(req, socket, head, (client) => {
      if (req.url === "/ws/greet") client.send("hello at once");
      client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
    });
  });
  t.after(() => {
    for (const client of sockets.clients) client.terminate();
  });
  return { port: await listen(t, server), asked, sockets };
};

const open = (url: string, options = {}): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const client = new WebSocket(url.replace("http", "ws"), { perMessageDeflate: false, ...options });
    client.once("open", () => resolve(client));
    client.once("error", reject);
  });

const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

test("websockets to an upstream carry every byte, both ways, until the stop", async (t) => {
  const up = await echo(t);
  const config = { routes: [{ path: "/", proxy: { upstreams: [`http://127.0.0.1:${up.port}`] } }] };
  await withGateway({ config }, async (gateway) => {
    const client = await open(`${gateway.url}/ws/a?b=c`, { headers: { "x-forwarded-for": "6.6.6.6" } });
    assert.equal(up.asked[0]?.url, "/ws/a?b=c");
    assert.equal(up.asked[0]?.headers["x-forwarded-for"], "127.0.0.1");
    const got: string[] = [];
    client.on("message", (data: Buffer) => got.push(hash(data)));
    const sent: string[] = [];
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_000_000, 4_000_000]) {
      const bytes = randomBytes(size);
      sent.push(hash(bytes));
      client.send(bytes);
    }
    await waitFor(() => got.length === sent.length, "the echoes");
    assert.deepEqual(got, sent);
    const greeted = new Promise((resolve) => {
      const second = new WebSocket(`${gateway.url.replace("http", "ws")}/ws/greet`);
      second.once("message", (data: Buffer) => resolve(data.toString()));
    });
    assert.equal(await greeted, "hello at once");
    assert.equal((await ask(`${gateway.url}/other`)).text, "plain");
    const closed = new Promise((resolve) => client.once("close", resolve));
    assert.equal(await gateway.stop(), 0);
    await closed;
    await waitFor(() => up.sockets.clients.size === 0, "the upstream's side to close");
  });
});

test("a refused handshake is handed on as it is, and one that meets no upstream is 502", async (t) => {
  const up = await echo(t);
  const config = {
    routes: [
      { path: "/ws/", proxy: { upstreams: [`http://127.0.0.1:${up.port}`] } },
      { path: "/gone/", proxy: { upstreams: ["http://127.0.0.1:1"] } },
    ],
  };
  await withGateway({ config }, async ({ url }) => {
    for (const [path, expected] of [
      ["/ws/no", /401/],
      ["/gone/x", /502/],
      ["/nothing", /404/],
    ] as const) {
      await assert.rejects(open(`${url}${path}`), expected, path);
    }
    const handshake =
      `GET /gone/x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
    assert.match(
      await exchangeBytes(Number(new URL(url).port), handshake),
      /X-Request-Id: (\S+)[\s\S]*cannot be reached \(request \1\)\n$/,
    );
  });
});

test("a handshake that gets no answer goes to another upstream, and is told once where there is none", async (t) => {
  const up = await echo(t);
  const silent = (leave: (socket: Socket) => void): Promise<number> =>
    listen(
      t,
      createTcpServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => leave(socket));
      }),
    );
  const resets = await silent((socket) => socket.resetAndDestroy());
  const ends = await silent((socket) => socket.end());
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const bad = [at(1), at(resets), at(ends)];
  const config = {
    routes: [
      { path: "/ws/", proxy: { upstreams: [...bad, at(up.port)], tries: 4, failures: 100 } },
      { path: "/bad/", proxy: { upstreams: bad, tries: 3, failures: 100 } },
      { path: "/one/", proxy: { upstreams: [at(ends)] } },
    ],
  };
  await withGateway({ config }, async (gateway) => {
    for (let i = 0; i < 8; i++) {
      const client = await open(`${gateway.url}/ws/${i}`);
      const echoed = new Promise((resolve) =>
        client.once("message", (data: Buffer) => resolve(String(data))),
      );
      client.send(`hello ${i}`);
      assert.equal(await echoed, `hello ${i}`);
      client.terminate();
    }
    assert.equal(up.asked.length, 8);
    for (const path of ["/bad/", "/one/"]) await assert.rejects(open(`${gateway.url}${path}`), /502/, path);
    const failures = gateway
      .output()
      .split("\n")
      .filter((line) => line.includes('"status":502'));
    assert.equal(failures.length, 2, gateway.output());
  });
});

test("either side that closes closes the other", async (t) => {
  const up = await echo(t);
  const config = { routes: [{ path: "/", proxy: { upstreams: [`http://127.0.0.1:${up.port}`] } }] };
  await withGateway({ config }, async ({ url }) => {
    const first = await open(`${url}/ws/a`);
    await waitFor(() => up.sockets.clients.size === 1, "the upstream's side to open");
    first.terminate();
    await waitFor(() => up.sockets.clients.size === 0, "the upstream's side to close");
    const second = await open(`${url}/ws/b`);
    const closed = new Promise((resolve) => second.once("close", resolve));
    await waitFor(() => up.sockets.clients.size === 1, "the upstream's side to open");
    for (const client of up.sockets.clients) client.terminate();
    await closed;
  });
});

test("an upstream that dies under an open websocket cuts it, and nothing of HTTP comes down it", async (t) => {
  const hello = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  const up = await listen(
    t,
    createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write(`${hello}frames`);
        socket.once("data", () => socket.resetAndDestroy());
      });
    }),
  );
  const config = { routes: [{ path: "/", proxy: { upstreams: [`http://127.0.0.1:${up}`] } }] };
  await withGateway({ config }, async ({ ports }) => {
    const socket = connect(ports.http, "127.0.0.1");
    let text = "";
    socket.on("data", (bytes) => {
      const before = text;
      text += bytes.toString("latin1");
      if (!before.includes("frames") && text.includes("frames")) socket.write("more");
    });
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await closed;
    assert.match(text, /^HTTP\/1\.1 101 [\s\S]*\r\n\r\nframes$/);
  });
});

test("an https upstream must show a certificate that holds, unless the settings say otherwise", async (t) => {
  const key = newKey();
  const now = Date.now();
  const cert = makeCertificate(
    {
      name: "up",
      hosts: ["127.0.0.1"],
      publicKey: createPublicKey(key),
      notBefore: now - 60_000,
      notAfter: now + 3_600_000,
    },
    { name: "up", key },
  );
  const long = "x".repeat(300_000);
  const up = await listen(
    t,
    createSecureServer({ key: keyPem(key), cert }, (req, res) => {
      res.write(`tls ${req.url} `);
      res.end(long);
    }),
  );
  const config = {
    routes: [
      { path: "/strict", proxy: { upstreams: [`https://127.0.0.1:${up}`] } },
      { path: "/", proxy: { upstreams: [{ url: `https://127.0.0.1:${up}`, verify: false }] } },
    ],
  };
  await withGateway({ config }, async ({ url }) => {
    for (let i = 0; i < 3; i++) assert.equal((await ask(`${url}/a`)).text, `tls /a ${long}`);
    assert.equal((await ask(`${url}/strict`)).status, 502);
  });
});
