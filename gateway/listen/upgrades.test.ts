import assert from "node:assert/strict";
import type { Duplex } from "node:stream";
import { afterEach, test } from "node:test";
import type { Upgrade } from "../http/exchange.ts";
import { connectTo, exchangeBytes } from "../http/test-server.ts";
import { testSite } from "../model/test-site.ts";
import { createListener, type Listener } from "./listener.ts";

const listeners: Listener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop(0);
});

const start = async (take: (x: Upgrade, socket: Duplex, head: Buffer) => void) => {
  let closed = 0;
  const listener = createListener({
    address: "127.0.0.1:0",
    headerBytes: 8192,
    clock: () => 7,
    siteOf: (host) => (host === "shop.example" ? testSite : null),
    isTrusted: () => false,
    portHint: () => "",
    onError: () => {},
    handler: (x) => void x.res.end(`plain ${x.path}`),
    upgrades: {
      claims: ({ url }) => url === "/ws" || url?.startsWith("/ws?") === true,
      take,
      async close() {
        closed++;
      },
    },
  });
  listeners.push(listener);
  const { port } = await listener.listen();
  return { port, listener, closed: () => closed };
};

const head = (line: string, fields = "") =>
  `${line} HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n`;

test("a request for a websocket at a claimed path is handed over with its socket and what came behind it", async () => {
  const { port } = await start((x, socket, rest) => {
    socket.end(`taken ${x.path} ${x.query} ${x.site.id} ${x.receivedAt} ${x.address} ${rest.toString()}`);
  });
  const text = await exchangeBytes(port, `${head("GET /ws?a=1")}behind`);
  assert.equal(text, "taken /ws a=1 main 7 127.0.0.1 behind");
});

test("at any other path, or for anything else than a websocket, it is a plain request", async () => {
  const { port } = await start((_x, socket) => socket.end("taken"));
  const close = "Connection: close\r\n\r\n";
  const requests = [
    head("GET /other").replace("Connection: Upgrade", "Connection: Upgrade, close"),
    `GET /ws HTTP/1.1\r\nHost: shop.example\r\nUpgrade: h2c\r\n${close}`,
    `GET /ws HTTP/1.1\r\nHost: shop.example\r\n${close}`,
    head("POST /ws", "Content-Length: 0\r\n").replace("Connection: Upgrade", "Connection: Upgrade, close"),
  ];
  for (const request of requests)
    assert.match(await exchangeBytes(port, request), /^HTTP\/1.1 200 [\s\S]*plain \//);
});

test("one that cannot be read is refused in HTTP, and its connection closed", async () => {
  const { port } = await start((_x, socket) => socket.end("taken"));
  const foreign = head("GET /ws").replace("shop.example", "other.example");
  assert.match(await exchangeBytes(port, foreign), /^HTTP\/1.1 421 [\s\S]*other.example is not served here/);
  const twice = head("GET /ws", "Host: other.example\r\n");
  assert.match(await exchangeBytes(port, twice), /^HTTP\/1.1 400 /);
});

test("a taker that fails is a refusal, and the server goes on", async () => {
  const { port } = await start(() => {
    throw new Error("a bug");
  });
  assert.match(await exchangeBytes(port, head("GET /ws")), /^HTTP\/1.1 500 [\s\S]*internal error/);
  assert.match(await exchangeBytes(port, head("GET /ws")), /^HTTP\/1.1 500 /);
});

test("a client that is gone before it is answered does no harm", async () => {
  let gone: () => void = () => {};
  const closed = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const { port } = await start((_x, socket) => {
    socket.on("close", () => gone());
    socket.resume();
  });
  const client = await connectTo(port);
  client.write(head("GET /ws"));
  client.resetAndDestroy();
  await closed;
});

test("when the server stops, the takers are told", async () => {
  const { listener, closed } = await start((_x, socket) => socket.end());
  await listener.stop(0);
  assert.equal(closed(), 1);
});
