/** `least-connections` knows of websockets, which stay for hours where requests are over in milliseconds. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { ask, connectTo, testExchange } from "../http/test-server.ts";
import { createProxy } from "./proxy.ts";
import { proxySettings } from "./settings.ts";
import { createStandings } from "./standings.ts";
import { createTunnels } from "./tunnels.ts";

/** An upstream that takes requests and websockets; `asked` counts both. */
const startUpstream = async (t: TestContext) => {
  const counted = { url: "", asked: 0 };
  const server = createServer((_req, res) => {
    counted.asked++;
    res.end();
  });
  server.on("upgrade", (_req, socket: Socket) => {
    counted.asked++;
    socket.on("error", () => {}).on("end", () => socket.end());
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    t.after(() => socket.destroy());
  });
  counted.url = `http://127.0.0.1:${await listen(t, server)}`;
  return counted;
};

const listen = async (t: TestContext, server: ReturnType<typeof createServer>): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port; // listening on TCP
};

test("open websockets count for the least busy upstream, also those of before a reload", async (t) => {
  const upstreams = [await startUpstream(t), await startUpstream(t)] as const;
  const tunnels = createTunnels();
  t.after(() => tunnels.close());
  const startGate = async (): Promise<number> => {
    const settings = { upstreams: upstreams.map(({ url }) => url), balance: "least-connections" };
    const proxy = createProxy(proxySettings.parse(settings), {
      base: "/",
      visitorOf: () => null,
      warn: () => {},
      tunnels,
      standings: createStandings(),
      route: "*/",
      isTrusted: () => false,
      stripCookies: [],
      onError: assert.ifError,
    });
    const server = createServer((req, res) => void proxy.handle(testExchange(req, res)));
    const noAnswer = {} as ServerResponse; // an upgrade has none
    server.on("upgrade", (req: IncomingMessage, socket: Socket, head: Buffer) =>
      proxy.upgrade(testExchange(req, noAnswer), socket, head),
    );
    t.after(() => proxy.close());
    return listen(t, server);
  };

  const port = await startGate();
  const sockets: Socket[] = [];
  for (let i = 0; i < 5; i++) sockets.push(await openWebsocket(port));
  assert.deepEqual(upstreams.map(({ asked }) => asked).sort(), [2, 3]);
  const [few, many] = upstreams[0].asked === 2 ? upstreams : [upstreams[1], upstreams[0]];

  const after = await startGate();
  for (let i = 0; i < 4; i++) await ask(after, "GET /");
  assert.deepEqual([few.asked, many.asked], [6, 3], "requests go where there are fewer websockets");
  await openWebsocket(after);
  for (let i = 0; i < 4; i++) await ask(after, "GET /");
  assert.deepEqual([few.asked, many.asked], [9, 5], "as many each: in turn");

  for (const socket of sockets) socket.destroy();
  while (tunnels.openTo(few.url) + tunnels.openTo(many.url) > 1)
    await new Promise((resolve) => setTimeout(resolve, 5));
  for (let i = 0; i < 4; i++) await ask(after, "GET /");
  assert.deepEqual([few.asked, many.asked], [9, 9], "closed ones count no more");
});

const openWebsocket = async (port: number): Promise<Socket> => {
  const socket = await connectTo(port);
  const opened = new Promise((resolve) => socket.once("data", resolve));
  socket.on("error", () => {});
  socket.write("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  assert.match(String(await opened), /^HTTP\/1\.1 101 /);
  return socket;
};
