import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, test } from "node:test";
import { WebSocket } from "ws";
import { createNative } from "../decode/native/native.ts";
import { HttpError } from "../http/http-error.ts";
import { testExchange } from "../http/test-server.ts";
import { type EventStore, StoreBusy } from "../model/event-store.ts";
import type { CollectAnswer, CollectRequest } from "./request.ts";
import {
  collectorOver,
  createStore,
  nativeOptions,
  receivedAt,
  site,
  type TestStore,
} from "./test-collector.ts";
import { packLz4 } from "./test-lz4.ts";
import type { FrameOptions } from "./websocket-frames.ts";
import { createWebsockets, type Websockets } from "./websockets.ts";

const settings = { connections: 10, perAddress: 10, frameBytes: 4096, pendingFrames: 8, pingSeconds: 3600 };
const native = createNative(nativeOptions);
const visitor = "14fb0860-b4bf-11e9-8971-7b80435315ac";
const ours = { host: "shop.example", origin: "https://shop.example" };

let closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

interface Started {
  readonly port: number;
  readonly sockets: Websockets;
  readonly faults: unknown[];
}

/** A server whose every upgrade is handed to the websockets. */
const start = async (
  parts: Partial<FrameOptions> = {},
  store: Pick<EventStore, "append" | "reject"> = createStore(),
): Promise<Started> => {
  const faults: unknown[] = [];
  const sockets = createWebsockets({
    collector: collectorOver(native, store),
    settings,
    collectPath: "/tr/v1/",
    clock: () => receivedAt,
    admit: () => null,
    onError: (error) => faults.push(error),
    ...parts,
  });
  const server = createServer();
  server.on("upgrade", (req, socket, head) => {
    const x = { ...testExchange(req, undefined as never), site, host: "shop.example" };
    sockets.accept(x, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    await sockets.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, sockets, faults };
};

interface Client {
  readonly socket: WebSocket;
  send(frame: string | Buffer): void;
  /** the next answer, as JSON */
  next(): Promise<Record<string, unknown>>;
  /** resolves with the code when it is closed */
  readonly closed: Promise<number>;
}

const open = async (port: number, headers: Record<string, string> = ours): Promise<Client> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/tr/v1/ws`, { headers });
  const frames: Record<string, unknown>[] = [];
  const waiting: ((frame: Record<string, unknown>) => void)[] = [];
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as Record<string, unknown>;
    const wait = waiting.shift();
    if (wait) wait(frame);
    else frames.push(frame);
  });
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  socket.on("error", () => {}); // a connection that the server cuts
  return {
    socket,
    closed,
    send: (frame) => socket.send(frame),
    next() {
      const frame = frames.shift();
      return frame ? Promise.resolve(frame) : new Promise((resolve) => waiting.push(resolve));
    },
  };
};

/** The answer in HTTP to a handshake that is refused. */
const refusal = (port: number, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/tr/v1/ws`, { headers });
    socket.on("unexpected-response", (_req, res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    socket.on("open", () => reject(new Error("it was let in")));
    socket.on("error", () => {}); // it follows the answer
  });

const eventsOf = (store: TestStore) => store.kept.map(({ event }) => event);

test("a frame of text is an event, and answered with its id after the store has it", async () => {
  const store = createStore();
  let commit = () => {};
  const held = new Promise<void>((resolve) => {
    commit = resolve;
  });
  const { port } = await start({}, { ...store, append: (events) => held.then(() => store.append(events)) });
  const client = await open(port);
  let answered = false;
  client.send(`{"ename":"Click","Custom":"Top","params":{"firsttext":"Buy"}}`);
  const answer = client.next().then((frame) => {
    answered = true;
    return frame;
  });
  await new Promise((resolve) => client.socket.ping(() => resolve(null)));
  await new Promise((resolve) => client.socket.once("pong", resolve));
  assert.equal(answered, false);
  commit();
  const frame = await answer;
  const [event] = eventsOf(store);
  assert.deepEqual(frame, { n: 1, eid: event?.id });
  // The original lost one of the two, by websocket or by POST.
  assert.deepEqual(event?.properties, { Custom: "Top", firsttext: "Buy" });
});

test("a frame of an LZ4 block is the same", async () => {
  const store = createStore();
  const { port } = await start({}, store);
  const client = await open(port);
  client.send(packLz4(Buffer.from(`{"ename":"packed","title":"${"na ".repeat(50)}"}`)));
  assert.equal((await client.next())["eid"], eventsOf(store)[0]?.id);
  assert.equal(eventsOf(store)[0]?.name, "packed");
});

test("a block that is none, or unpacks to more than a frame, is named, and the connection goes on", async () => {
  const store = createStore();
  const { port } = await start({}, store);
  const client = await open(port);
  client.send(Buffer.from([0xf0, 255, 255]));
  assert.match(String((await client.next())["rejects"]), /^1; .*LZ4 block of at most 4096 bytes/);
  client.send(packLz4(Buffer.alloc(100_000, 0x20)));
  assert.match(String((await client.next())["rejects"]), /LZ4 block/);
  client.send(`{"ename":"a"}`);
  assert.equal((await client.next())["n"], 3);
  assert.equal(store.kept.length, 1);
  assert.equal(store.rejects.length, 2);
});

test("who it is stands in each frame, whatever the connection began with", async () => {
  const store = createStore();
  const { port } = await start({}, store);
  const client = await open(port);
  const other = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d";
  const frames = [
    { vid: visitor, culture: "de" },
    { vid: visitor, uid: "u1" },
    { vid: other, uid: "u2" },
  ];
  for (const frame of frames) {
    client.send(JSON.stringify(frame));
    await client.next();
  }
  const [first, second, third] = eventsOf(store);
  assert.deepEqual([first?.client_id, second?.client_id, third?.client_id], [visitor, visitor, other]);
  assert.deepEqual([first?.user_id, second?.user_id, third?.user_id], [undefined, "u1", "u2"]);
  assert.equal(first?.device_language, "de");
});

test("frames that say nobody are of one visitor as long as the connection lasts; a cookie says who", async () => {
  const store = createStore();
  const { port } = await start({}, store);
  const client = await open(port);
  const other = await open(port, { ...ours, cookie: `vid=${visitor}` });
  for (const one of [client, client, other]) {
    one.send("{}");
    await one.next();
  }
  const [a, b, c] = eventsOf(store).map((event) => event.client_id);
  assert.match(a ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(a, b);
  assert.equal(c, visitor);
});

test("recorded frames replay as the visitor they were of, one for each connection", async () => {
  const store = createStore();
  const recorded: CollectRequest[] = [];
  const collector = collectorOver(native, store);
  const { port } = await start({
    collector: {
      take(request) {
        recorded.push(request);
        return collector.take(request);
      },
    },
  });
  for (const client of [await open(port), await open(port)]) {
    for (const frame of ["{}", "{}"]) {
      client.send(frame);
      await client.next();
    }
  }
  const again = createStore();
  for (const { isFrame: _gone, ...request } of recorded) await collectorOver(native, again).take(request);
  const visitors = (kept: TestStore) => eventsOf(kept).map(({ client_id }) => client_id);
  assert.deepEqual(visitors(again), visitors(store));
  assert.equal(new Set(visitors(store)).size, 2);
});

test("what cannot be read is a reject and said so; a list is answered with all ids", async () => {
  const store = createStore();
  const { port } = await start({}, store);
  const client = await open(port);
  client.send("{broken");
  assert.match(String((await client.next())["rejects"]), /^1; the body is not JSON/);
  client.send(`[{"ename":"a"},{"ename":"b"}]`);
  assert.deepEqual(
    (await client.next())["eid"],
    eventsOf(store).map(({ id }) => id),
  );
});

test("a busy store, a limit and a fault of ours are each said, and only the fault is told to us", async () => {
  const answers = [
    () => Promise.reject(new HttpError(429, "too many requests from this address")),
    () => Promise.reject(new Error("a bug")),
  ];
  const busy = { ...createStore(), append: () => Promise.reject(new StoreBusy("the disk is full", 5)) };
  const { port, faults } = await start({ admit: () => answers.shift()?.() ?? null }, busy);
  const client = await open(port);
  for (let i = 0; i < 3; i++) client.send("{}");
  const frames = [await client.next(), await client.next(), await client.next()];
  const errors = new Map(frames.map((frame) => [frame["n"], frame]));
  assert.match(String(errors.get(1)?.["error"]), /too many requests/);
  assert.match(String(errors.get(2)?.["error"]), /^internal error/);
  assert.match(String(errors.get(3)?.["error"]), /disk is full/);
  assert.equal(errors.get(3)?.["retryAfterSeconds"], 5);
  assert.deepEqual(faults.map(String), ["Error: a bug"]);
});

describe("who may connect", () => {
  const refused: readonly (readonly [what: string, headers: Record<string, string>])[] = [
    ["no Origin", { host: "shop.example" }],
    ["another site's Origin", { host: "shop.example", origin: "https://evil.example" }],
    ["an opaque Origin", { host: "shop.example", origin: "null" }],
  ];
  for (const [what, headers] of refused) {
    test(`${what} is refused with 403`, async () => {
      const { port, sockets } = await start();
      assert.equal(await refusal(port, headers), 403);
      assert.equal(sockets.open(), 0);
    });
  }

  test("connections are bounded, altogether and by address", async () => {
    const few = await start({ settings: { ...settings, connections: 1 } });
    const first = await open(few.port);
    assert.equal(await refusal(few.port, ours), 503);
    first.socket.close();
    await first.closed;
    const mine = await start({ settings: { ...settings, perAddress: 2 } });
    await open(mine.port);
    await open(mine.port);
    assert.equal(await refusal(mine.port, ours), 429);
  });

  test("none are taken where the settings say so", async () => {
    const { port } = await start({ settings: { ...settings, connections: 0 } });
    assert.equal(await refusal(port, ours), 503);
  });
});

test("a frame over the limit ends the connection with 1009", async () => {
  const { port } = await start();
  const client = await open(port);
  client.send(`{"x":"${"y".repeat(5000)}"}`);
  assert.equal(await client.closed, 1009);
});

test("a frame may come in pieces, with a ping between them, and not in thousands of pieces", async () => {
  const store = createStore();
  const { port } = await start({}, store);
  const torn = await open(port);
  const text = `{"ename":"torn"}`;
  for (const [i, letter] of [...text].entries()) {
    torn.socket.send(letter, { fin: i === text.length - 1 });
    if (i === 5) torn.socket.ping();
  }
  assert.equal(typeof (await torn.next())["eid"], "string");
  assert.deepEqual(
    eventsOf(store).map(({ name }) => name),
    ["torn"],
  );
  const flood = await open(port);
  for (let i = 0; i < 1100; i++) flood.socket.send(" ", { fin: false });
  assert.equal(await flood.closed, 1008);
  torn.send(`{"ename":"after"}`);
  assert.equal(typeof (await torn.next())["eid"], "string");
});

test("a frame that is no UTF-8 ends the connection with 1007, and the server goes on", async () => {
  const { port, sockets } = await start();
  const client = await open(port);
  client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
  assert.equal(await client.closed, 1007);
  const next = await open(port);
  next.send("{}");
  assert.equal((await next.next())["n"], 1);
  assert.equal(sockets.open(), 1);
});

/** A collector whose answers wait until they are let go, in order. */
const holdAnswers = () => {
  const waiting: (() => void)[] = [];
  const taken: CollectRequest[] = [];
  const take = (request: CollectRequest) => {
    taken.push(request);
    return new Promise<CollectAnswer>((resolve) =>
      waiting.push(() => resolve({ status: 200, headers: ["turnpike-event", visitor], body: "" })),
    );
  };
  return { waiting, taken, collector: { take } };
};

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
};

test("frames are taken while earlier ones wait for the disk, up to the bound", {
  timeout: 60_000,
}, async () => {
  const { waiting, taken, collector } = holdAnswers();
  const { port } = await start({ collector, settings: { ...settings, pendingFrames: 2 } });
  const client = await open(port);
  for (const n of [1, 2]) {
    client.send("{}");
    while (taken.length < n) await turns(1);
  }
  client.send("{}");
  await turns(200);
  assert.equal(taken.length, 2);
  waiting.shift()?.();
  while (taken.length < 3) await turns(1);
  for (const store of waiting.splice(0)) store();
  for (const n of [1, 2, 3]) assert.deepEqual(await client.next(), { n, eid: visitor });
  assert.deepEqual(
    new Set(taken.map(({ debugs, isFrame }) => `${debugs} ${isFrame}`)),
    new Set(["false true"]),
  );
});

test("a connection whose frames wait for the disk is read no further until they are stored", async () => {
  const { waiting, collector } = holdAnswers();
  const { port } = await start({ collector, settings: { ...settings, pendingFrames: 2 } });
  const client = await open(port);
  // Each is larger than what one read of the socket brings, so that what is read is counted in frames.
  const frames = 600;
  for (let i = 0; i < frames; i++) client.send(`{"x":"${"y".repeat(4000)}"}`);
  while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(waiting.length < 100, `${waiting.length} frames were read`);
  let answered = 0;
  while (answered < frames) {
    const store = waiting.shift();
    store?.();
    if (store) {
      await client.next();
      answered++;
    } else await new Promise((resolve) => setImmediate(resolve));
  }
});

test("a client that answers no ping is cut off, one that does stays", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { port, sockets } = await start({ settings: { ...settings, pingSeconds: 30 } });
  const alive = await open(port);
  const silent = connect(port, "127.0.0.1");
  silent.write(
    "GET /tr/v1/ws HTTP/1.1\r\nHost: shop.example\r\nOrigin: https://shop.example\r\nConnection: Upgrade\r\n" +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await new Promise((resolve) => silent.once("data", resolve));
  const pinged = new Promise((resolve) => alive.socket.once("ping", resolve));
  t.mock.timers.tick(30_000);
  await pinged;
  alive.send("{}"); // behind the pong: once it is answered, that has been read
  await alive.next();
  assert.equal(sockets.open(), 2);
  t.mock.timers.tick(30_000);
  await new Promise((resolve) => silent.once("close", resolve));
  while (sockets.open() > 1) await new Promise((resolve) => setImmediate(resolve));
  alive.send("{}");
  assert.equal((await alive.next())["n"], 2);
});

test("a client that reads no answers is cut off before they fill the memory", async () => {
  let answers = 0;
  const collector = {
    async take(): Promise<CollectAnswer> {
      answers++;
      return { status: 200, headers: ["turnpike-rejects", "x".repeat(100_000)], body: "" };
    },
  };
  const { port, sockets } = await start({ collector });
  const client = await open(port);
  client.socket.pause();
  while (sockets.open() > 0) {
    if (client.socket.readyState === client.socket.OPEN) client.send("{}");
    await new Promise((resolve) => setImmediate(resolve));
  }
  // What the kernel holds for a connection comes on top of the limit.
  assert.ok(answers < 1000, `${answers} answers of 100 kB`);
});

test("when the server stops, clients are told to go", async () => {
  const { port, sockets } = await start();
  const client = await open(port);
  await sockets.close();
  assert.equal(await client.closed, 1001);
  await sockets.close(); // a second time is nothing
});

test("frames that were read when the server stops are answered before their client is told to go", async () => {
  const { waiting, taken, collector } = holdAnswers();
  const { port, sockets } = await start({ collector });
  const client = await open(port);
  for (let i = 0; i < 3; i++) client.send("{}");
  while (waiting.length < 3) await turns(1);
  const stopped = sockets.close();
  client.send("{}"); // nobody reads it: what is not answered is sent again, elsewhere
  await turns(200);
  waiting.shift()?.();
  assert.deepEqual(await client.next(), { n: 1, eid: visitor });
  await turns(200);
  assert.equal(taken.length, 3);
  for (const store of waiting.splice(0)) store();
  for (const n of [2, 3]) assert.deepEqual(await client.next(), { n, eid: visitor });
  assert.equal(await client.closed, 1001);
  await stopped;
});
