import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { connectTo, exchangeBytes } from "../gateway/http/test-server.ts";
import { ask } from "./ask.ts";
import { type Gateway, root, startGateway } from "./gateway.ts";
import { startLiveApp } from "./live-app.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const absolute = [{ path: "/", static: { dir: join(root, "setup/demo/public") } }];

/** A figure of the metrics; null where it is not there. */
const figure = async (gateway: Gateway, name: string): Promise<number | null> => {
  const text = await (await gateway.admin("/metrics")).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`));
  return line === undefined ? null : Number(line.slice(line.lastIndexOf(" ") + 1));
};

const openConnections = async (gateway: Gateway): Promise<number> => {
  const text = await (await gateway.admin("/metrics")).text();
  const lines = text.split("\n").filter((line) => line.startsWith("turnpike_open_connections{"));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
};

const closed = (socket: Socket) =>
  new Promise((resolve) => {
    socket.on("error", () => {});
    socket.once("close", resolve);
    socket.resume();
  });

test("a daily quota goes on after a restart", async () => {
  const config = { routes: absolute, limits: { exempt: [], daily: { address: 3 } } };
  const data = mkdtempSync(join(tmpdir(), "turnpike-quota-"));
  const first = await startGateway({ config, data });
  try {
    for (let i = 0; i < 3; i++) assert.equal((await ask(`${first.url}/tr/v1/x`)).status, 200);
    assert.equal(await first.stop(), 0);
    await withGateway({ config, data }, async ({ url }) => {
      const answer = await ask(`${url}/tr/v1/x`);
      assert.equal(answer.status, 429);
      assert.match(String(answer.headers["ratelimit-policy"]), /^"daily-address";q=3;w=86400$/);
    });
  } finally {
    await first.close();
    rmSync(data, { recursive: true, force: true });
  }
});

test("a restart by hand-over loses nothing of a daily quota, nor what the old process still counts", async () => {
  const config = { routes: absolute, limits: { exempt: [], daily: { address: 100 } } };
  const leftOf = (answer: string): number => Number(/ratelimit: "daily-address";r=(\d+)/i.exec(answer)?.[1]);
  const get = "GET /tr/v1/x HTTP/1.1\r\nHost: a\r\n";
  await withGateway({ config }, async (gateway) => {
    const { http } = gateway.ports;
    const kept = await connectTo(http);
    const askKept = async (): Promise<number> => {
      const answer = once(kept, "data");
      kept.write(`${get}\r\n`);
      return leftOf(String((await answer)[0]));
    };
    const askAnew = async (): Promise<number> =>
      leftOf(await exchangeBytes(http, `${get}Connection: close\r\n\r\n`));
    for (let i = 1; i <= 10; i++) assert.equal(await askKept(), 100 - i);
    process.kill(gateway.pid, "SIGUSR2");
    await waitFor(() => gateway.output().includes("serves, this one ends"), "the restart");
    assert.equal(await askAnew(), 89, "the new process knows of what was before");
    assert.equal(await askKept(), 89, "the old one answers one more, and does not know of the other");
    // Each question is one more: the last one of the old process is there when a number is left out.
    let before = 89;
    await waitFor(async () => {
      const now = await askAnew();
      const isThere = now === before - 2;
      before = now;
      return isThere;
    }, "the count of the old process");
  });
});

test("the limit of a route is its own, and goes for hits on the lane like for any request", async () => {
  const upstream = await startUpstream((_req, res) => void res.end("ok"));
  const proxied = { path: "/api/", proxy: { upstreams: [upstream.url] }, limit: { requests: 2 } };
  const config = { routes: [proxied, ...absolute], limits: { exempt: [], requests: 5 } };
  try {
    await withGateway({ config }, async (gateway) => {
      const statuses: number[] = [];
      const left: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        const answer = await ask(`${gateway.url}/api/x`);
        statuses.push(answer.status);
        left.push(/r=(\d+)/.exec(String(answer.headers["ratelimit"]))?.[1]);
      }
      assert.deepEqual(statuses, [200, 200, 429]);
      assert.deepEqual(left, ["1", "0", "0"]);
      assert.equal((await ask(`${gateway.url}/tr/v1/x`)).status, 200);
      const hit = { method: "POST", body: '{"ename":"x"}' };
      assert.equal((await ask(`${gateway.url}/tr/v1/`, hit)).status, 200);
      assert.equal((await ask(`${gateway.url}/tr/v1/`, hit)).status, 429);
      assert.equal(await figure(gateway, 'turnpike_limited_total{limit="route"}'), 1);
      assert.equal(await figure(gateway, 'turnpike_limited_total{limit="address"}'), 1);
    });
  } finally {
    await upstream.close();
  }
});

test("a handshake over a limit is told when to come back, by the client's address behind a trusted proxy", async (t) => {
  const agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const upstream = await startUpstream((req) => req.socket.end(agreed));
  t.after(() => upstream.close());
  const app = await startLiveApp({
    trustedProxies: ["127.0.0.1"],
    limits: { exempt: [], requests: 2 },
    routes: [{ path: "/", proxy: { upstreams: [upstream.url] } }],
  });
  t.after(() => app.close());
  const shake = (client: string): Promise<string> =>
    exchangeBytes(
      app.port,
      `GET /ws HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, ${client}\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      "\r\n\r\n",
    );
  for (let i = 0; i < 2; i++) assert.match(await shake("198.51.100.7"), /^HTTP\/1\.1 101 /);
  const refused = await shake("[::ffff:198.51.100.7]:4711");
  assert.match(refused, /^HTTP\/1\.1 429 [\s\S]*\r\nretry-after: \d+\r\n/i);
  assert.match(refused, /\r\nratelimit: "address";r=0;t=\d+\r\n/i);
  assert.match(refused, /\r\nratelimit-policy: "address";q=2;w=\d+\r\n/i);
  assert.match(await shake("198.51.100.8"), /^HTTP\/1\.1 101 /);
});

test("connections past their number get 503, and each place is given back, however a connection ends", async () => {
  const agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const upstream = await startUpstream((req, res) => {
    if (req.headers.upgrade) req.socket.write(agreed);
    else res.write("begun");
  });
  const config = {
    tls: "local",
    routes: [{ path: "/slow/", proxy: { upstreams: [upstream.url] } }, ...absolute],
    limits: { exempt: [], connectionsPerAddress: 4 },
  };
  try {
    await withGateway({ config }, async (gateway) => {
      const { http, https = 0 } = gateway.ports;
      const upgrade =
        "GET /slow/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
      const get = "GET /slow/x HTTP/1.1\r\nHost: localhost\r\n\r\n";
      const speak = async (bytes: string, until: string): Promise<Socket> => {
        const socket = await connectTo(http);
        socket.on("error", () => {});
        socket.write(bytes);
        if (until !== "")
          await new Promise((resolve) =>
            socket.on("data", (data) => String(data).includes(until) && resolve(null)),
          );
        return socket;
      };
      const ends: readonly (readonly [string, (socket: Socket, isAnswered: boolean) => void])[] = [
        ["ended", (socket, isAnswered) => void (isAnswered ? socket.destroy() : socket.end())],
        ["reset", (socket) => void socket.resetAndDestroy()],
      ];
      for (const [how, finish] of ends) {
        const sockets = [
          await speak("", ""),
          await speak("GET / HT", ""),
          await speak(get, "begun"),
          await speak(upgrade, "101"),
        ];
        await waitFor(async () => (await openConnections(gateway)) === 4, `four connections (${how})`);
        const refused = await exchangeBytes(http, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert.match(refused, /^HTTP\/1\.1 503 [\s\S]*Retry-After: 5[\s\S]*too many connections are open/);
        const gone = connect(https, "127.0.0.1");
        await closed(gone);
        for (const [i, socket] of sockets.entries()) finish(socket, i > 1);
        await waitFor(async () => (await openConnections(gateway)) === 0, `none (${how})`);
      }
      // Encrypted ones: a handshake that never comes, one that breaks, HTTP/2, HTTP/1.1 cut in an answer.
      const silent = connect(https, "127.0.0.1");
      const broken = connect(https, "127.0.0.1", () => void broken.write("GET / HTTP/1.1\r\n\r\n"));
      await closed(broken);
      const over = (protocols: string[]) =>
        new Promise<Socket>((resolve) => {
          const socket = connectTls(
            {
              port: https,
              host: "127.0.0.1",
              servername: "localhost",
              rejectUnauthorized: false,
              ALPNProtocols: protocols,
            },
            () => resolve(socket),
          );
          socket.on("error", () => {});
        });
      const [two, one] = [await over(["h2"]), await over(["http/1.1"])];
      two.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
      one.write(get);
      await new Promise((resolve) => one.once("data", resolve));
      await waitFor(async () => (await openConnections(gateway)) === 3, "three encrypted ones");
      silent.destroy();
      two.destroy();
      one.destroy();
      await waitFor(async () => (await openConnections(gateway)) === 0, "none encrypted");
      assert.equal((await ask(`${gateway.url}/`)).status, 200);
    });
  } finally {
    await upstream.close();
  }
});

test("connections of one address are counted over all workers", async () => {
  const config = { workers: 2, routes: absolute, limits: { exempt: [], connectionsPerAddress: 3 } };
  await withGateway({ config }, async (gateway) => {
    const sockets = await Promise.all(Array.from({ length: 8 }, () => connectTo(gateway.ports.http)));
    for (const socket of sockets) socket.on("error", () => {}).resume();
    const open = () => sockets.filter((socket) => !socket.closed).length;
    await waitFor(() => open() === 3, "three that stay");
    await waitFor(async () => (await openConnections(gateway)) === 3, "three in the metrics");
    for (const socket of sockets) socket.destroy();
    await waitFor(async () => (await openConnections(gateway)) === 0, "none");
    const again = await connectTo(gateway.ports.http);
    again.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await new Promise((resolve) => again.once("data", resolve));
    again.destroy();
  });
});

test("slow headers and slow bodies are cut, an answer that nobody takes, too", async () => {
  const upstream = await startUpstream((_req, res) => {
    res.write(Buffer.alloc(32_000_000));
  });
  const limits = {
    headerSeconds: 1,
    bodyBytesPerSecond: 1000,
    bodyGraceSeconds: 1,
    stalledSeconds: 4,
    keepAliveSeconds: 1,
  };
  const config = { routes: [{ path: "/big/", proxy: { upstreams: [upstream.url] } }, ...absolute], limits };
  try {
    await withGateway({ config }, async (gateway) => {
      const { http } = gateway.ports;
      const body = exchangeBytes(http, "POST /tr/v1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{");
      const headers = exchangeBytes(http, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
      const idle = exchangeBytes(http, "GET /tr/v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
      const stalled = await connectTo(http);
      stalled.pause();
      stalled.write("GET /big/x HTTP/1.1\r\nHost: x\r\n\r\n");
      assert.match(await body, /^HTTP\/1\.1 408 /);
      assert.match(await headers, /^HTTP\/1\.1 408 /);
      assert.match(await idle, /^HTTP\/1\.1 200 /);
      await waitFor(async () => (await openConnections(gateway)) === 0, "the stalled one to be cut");
      stalled.destroy();
      assert.equal(await figure(gateway, 'turnpike_limited_total{limit="slow"}'), 1);
    });
  } finally {
    await upstream.close();
  }
});

test("a banned address gets 403, or nothing where the settings say so", async () => {
  const limits = { exempt: [], ban: ["127.0.0.0/8"] };
  await withGateway({ config: { routes: absolute, limits } }, async ({ url }) => {
    assert.equal((await ask(`${url}/`)).status, 403);
  });
  await withGateway(
    { config: { routes: absolute, limits: { ...limits, banned: "close" } } },
    async ({ ports }) => {
      assert.equal(await exchangeBytes(ports.http, "").catch(() => ""), "");
    },
  );
});
