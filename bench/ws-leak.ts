/**
 * Websockets opened and closed again and again through the gateway and through the Node proxies, half of them cut off
 * without a word: what memory and which sockets are left. Then idle ones, as many as a busy site has.
 */
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { startGateway } from "../test/gateway.ts";
import { memoryOf, socketsOf } from "./lib/machine.ts";
import { startPeer } from "./lib/node-peer.ts";
import type { BenchOptions } from "./lib/options.ts";
import type { Server } from "./lib/start-program.ts";
import { formatTable, whole } from "./lib/table.ts";

const cyclesPerRound = 10_000;
const atOnce = 50;
const samplesPerRound = 10;
const idleSockets = 5000;

const handshake =
  "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const agreed =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
/** a masked text frame of five bytes, and what an echo makes of it here: the same bytes */
const hello = Buffer.from("818500000000" + Buffer.from("hello").toString("hex"), "hex");

interface Through extends Server {
  readonly pid: number;
}

/** Prints a table of all three. */
export const runWsLeak = async ({ rounds }: BenchOptions): Promise<void> => {
  const upstream = await startEcho();
  const rows: string[][] = [];
  try {
    for (const [name, start] of [
      ["turnpike", startTurnpike],
      ["http-proxy", (url: string) => startPeer("http-proxy", url)],
      ["http-proxy-3", (url: string) => startPeer("http-proxy-3", url)],
    ] as const) {
      rows.push([name, ...(await measure(await start(upstream.url), rounds))]);
    }
  } finally {
    await upstream.stop();
  }
  const cycles = whole(cyclesPerRound * rounds);
  const head = [
    `${cycles} cycles`,
    "RSS before",
    "after",
    "MB a 100,000",
    "sockets left",
    `with ${whole(idleSockets)} idle`,
  ];
  process.stdout.write(
    `${formatTable(head, rows)}\n\nRSS in MB; the slope is fitted to the second half of the cycles\n`,
  );
};

const measure = async (server: Through, rounds: number): Promise<readonly string[]> => {
  try {
    const { port } = new URL(server.url);
    await cycle(Number(port), 1000); // what is loaded at the first one is no leak
    const before = memoryOf(server.pid).now;
    const startSockets = socketsOf(server.pid);
    const samples: number[] = [];
    for (let i = 0; i < samplesPerRound * rounds; i++) {
      await cycle(Number(port), cyclesPerRound / samplesPerRound);
      samples.push(memoryOf(server.pid).now);
    }
    const half = samples.slice(Math.floor(samples.length / 2));
    const slope = (slopeOf(half) * 100_000 * samplesPerRound) / cyclesPerRound;
    const left = await settled(() => socketsOf(server.pid) - startSockets);
    const idle = await withIdle(Number(port), () => memoryOf(server.pid).now);
    return [before, samples.at(-1) ?? Number.NaN, slope]
      .map((n) => n.toFixed(1))
      .concat(whole(left), idle.toFixed(1));
  } finally {
    await server.stop();
  }
};

/** That many websockets, each opened, spoken on and closed; every second one is cut off. */
const cycle = async (port: number, count: number): Promise<void> => {
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const isCut = left % 2 === 0;
      const socket = await open(port);
      await speak(socket);
      await end(socket, isCut);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
};

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(handshake));
    socket.once("error", reject);
    socket.once("data", (bytes: Buffer) => {
      socket.off("error", reject).on("error", () => {});
      if (bytes.toString("latin1").startsWith("HTTP/1.1 101 ")) resolve(socket);
      else reject(new Error(`bench: no websocket: ${bytes.toString("latin1").slice(0, 100)}`));
    });
  });

const speak = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("data", () => resolve());
    socket.once("close", () => reject(new Error("bench: a websocket was cut off")));
    socket.write(hello);
  });

const end = (socket: Socket, isCut: boolean): Promise<void> =>
  new Promise((resolve) => {
    socket.removeAllListeners("close");
    socket.once("close", () => resolve());
    if (isCut) socket.resetAndDestroy();
    else socket.end();
  });

const withIdle = async <T>(port: number, look: () => T): Promise<T> => {
  const sockets: Socket[] = [];
  while (sockets.length < idleSockets)
    sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => open(port)))));
  const seen = look();
  for (const socket of sockets) socket.destroy();
  return seen;
};

/** The figure once it is no longer falling: sockets close a moment after their peers. */
const settled = async (look: () => number): Promise<number> => {
  let least = look();
  for (let same = 0; same < 20; same++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = look();
    if (now < least) same = 0;
    least = Math.min(least, now);
  }
  return least;
};

/** Least squares, a sample. */
const slopeOf = (samples: readonly number[]): number => {
  const middle = (samples.length - 1) / 2;
  const mean = samples.reduce((sum, one) => sum + one, 0) / samples.length;
  const up = samples.reduce((sum, one, i) => sum + (i - middle) * (one - mean), 0);
  const down = samples.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return up / down;
};

const startTurnpike = async (upstream: string): Promise<Through> => {
  const gateway = await startGateway({
    launched: true,
    config: {
      tls: "off",
      limits: { requests: 1_000_000_000, connections: 50_000, connectionsPerAddress: 50_000 },
      sites: [{ id: "main", hosts: ["*"] }],
      routes: [{ path: "/", proxy: { upstreams: [upstream] }, inject: false }],
    },
  });
  return { url: gateway.url, pid: gateway.pid, stop: () => gateway.close() };
};

/** Agrees to every websocket and sends back what comes. */
const startEcho = async (): Promise<Server> => {
  const sockets = new Set<Socket>();
  const server = createServer((_req, res) => res.end("plain"));
  server.on("upgrade", (_req, socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    socket.write(agreed);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
