import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connectTo, exchangeBytes } from "../http/test-server.ts";
import { testSite } from "../model/test-site.ts";
import type { LaneAnswer } from "./lane.ts";
import { createListener, type ListenerOptions } from "./listener.ts";
import type { PlainRequest } from "./plain-request.ts";

interface Gate {
  readonly port: number;
  readonly taken: PlainRequest[];
  readonly errors: unknown[];
  stop(): Promise<void>;
}

const short = (request: PlainRequest): Promise<LaneAnswer> =>
  Promise.resolve({ status: 200, headers: ["x-way", "short"], body: request.body });

/** A listener whose lane takes `/short`, and whose server says that the way was long. */
const open = async (
  t: TestContext,
  take: (request: PlainRequest) => Promise<LaneAnswer> = short,
  more: Partial<ListenerOptions> = {},
): Promise<Gate> => {
  const taken: PlainRequest[] = [];
  const errors: unknown[] = [];
  const listener = createListener({
    address: "127.0.0.1:0",
    handler: async (x) => {
      let body = "";
      for await (const chunk of x.req) body += String(chunk);
      x.res.writeHead(200, { "x-way": "long" }).end(body);
    },
    lane: (request) => {
      if (!request.target.startsWith("/short")) return null;
      taken.push(request);
      return take(request);
    },
    headerBytes: 8192,
    siteOf: () => testSite,
    isTrusted: () => false,
    clock: () => 0,
    portHint: () => "",
    onError: (error) => errors.push(error),
    ...more,
  });
  const { port } = await listener.listen();
  t.after(() => listener.stop(0));
  return { port, taken, errors, stop: () => listener.stop(1000) };
};

const plain = (body: string, fields = "", target = "/short"): string =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${fields}\r\n${body}`;

const waysOf = (text: string): readonly string[] =>
  [...text.matchAll(/x-way: (\w+)/gi)].map(([, way]) => way ?? "");

test("a plain request takes the short way and reads like any other answer", async (t) => {
  const { port, taken } = await open(t);
  const text = await exchangeBytes(
    port,
    plain("h\u00e9", "X-Note:  a b \t\r\n", "/short?q=1"),
    "h\u00c3\u00a9",
  );
  assert.match(
    text,
    /^HTTP\/1\.1 200 OK\r\nx-way: short\r\ncontent-length: 3\r\nDate: [^\r]+ GMT\r\nConnection: keep-alive\r\n/,
  );
  // The length is the body's, and so no field beside it.
  assert.deepEqual({ ...taken[0]?.headers }, { host: "a", "x-note": "a b" });
  assert.equal(taken[0]?.body.length, 3);
  assert.equal(taken[0]?.target, "/short?q=1");
});

test("fields that came before, from whomever, are read as if they came for the first time", async (t) => {
  const { port, taken } = await open(t);
  const ask = (cookie: string, body: string) =>
    exchangeBytes(port, plain(body, `Cookie: ${cookie}\r\n`), body);
  for (const [cookie, body] of [
    ["vid=1", "a"],
    ["vid=1", "other"],
    ["vid=2", "a"],
    ["vid=1", "a"],
  ] as const)
    assert.match(await ask(cookie, body), new RegExp(`content-length: ${body.length}\r\n[^]*${body}$`));
  assert.deepEqual(
    taken.map(({ headers, body }) => [headers["cookie"], body.toString()]),
    [
      ["vid=1", "a"],
      ["vid=1", "other"],
      ["vid=2", "a"],
      ["vid=1", "a"],
    ],
  );
  assert.equal(taken[0]?.headers, taken[1]?.headers);
});

test("a length that is not the body's is no plain request, also behind fields that came before", async (t) => {
  const { port, taken } = await open(t);
  const head = "POST /short HTTP/1.1\r\nHost: a\r\n";
  assert.deepEqual(waysOf(await exchangeBytes(port, `${head}Content-Length: 1\r\n\r\nx`, "x")), ["short"]);
  const bad: readonly string[] = [
    "Content-Length: 1\r\nContent-Length: 2",
    "Content-Length: 1\r\ncontent-length: 2",
    "content-length: 2\r\nContent-Length: 1",
    "Content-Length: 1\r\nTransfer-Encoding: chunked",
    "Content-Length: +1",
    "Content-Length: 1 1",
  ];
  for (const fields of bad)
    assert.match(await exchangeBytes(port, `${head}${fields}\r\n\r\nxy`), /^HTTP\/1\.1 400 /, fields);
  assert.equal(taken.length, 1);
});

test("anything but the plainest form takes the long way, with every byte", async (t) => {
  const { port } = await open(t);
  const head = "POST /short HTTP/1.1\r\nHost: a\r\n";
  const close = "Connection: close\r\n";
  const cases: readonly [name: string, bytes: string][] = [
    ["another path", plain("x", close, "/long")],
    ["another method", `PUT /short HTTP/1.1\r\nHost: a\r\n${close}Content-Length: 1\r\n\r\nx`],
    ["chunks", `${head}${close}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`],
    ["a field twice", plain("x", `X-A: 1\r\nx-a: 2\r\n${close}`)],
    ["an empty field", plain("x", `X-A:\r\n${close}`)],
    ["another word on the connection", plain("x", "Connection: close, x-a\r\n")],
    ["an expectation", plain("x", `Expect: 100-continue\r\n${close}`)],
    ["an HTTP/1.0 client", "POST /short HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"],
  ];
  for (const [name, bytes] of cases) {
    const text = await exchangeBytes(port, bytes);
    assert.deepEqual(waysOf(text), ["long"], `${name}: ${text}`);
    assert.match(text, /x(\r\n0\r\n\r\n)?$/, name);
  }
});

test("a client that asks for nothing more gets its answer, and the connection ends", async (t) => {
  const { port } = await open(t);
  for (const word of ["close", "Close"]) {
    const text = await exchangeBytes(port, plain("x", `Connection: ${word}\r\n`));
    assert.match(text, /^HTTP\/1\.1 200 OK\r\nx-way: short\r\n[\s\S]*Connection: close\r\n\r\nx$/);
    const got = await exchangeBytes(port, `GET /a HTTP/1.1\r\nHost: a\r\nConnection: ${word}\r\n\r\n`);
    assert.match(got, /^HTTP\/1\.1 200 OK\r\nx-way: long\r\n[\s\S]*Connection: close\r\n/);
  }
  const two = await exchangeBytes(port, plain("one", "Connection: close\r\n") + plain("two"));
  assert.equal(waysOf(two).length, 1, "what comes behind is no request");
});

test("what comes while a last answer is being made, or behind it, is no request", async (t) => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  let release: () => void = () => {};
  const { port, taken } = await open(t, (request) => {
    begin();
    return new Promise((resolve) => {
      release = () => void short(request).then(resolve);
    });
  });
  const socket = await connectTo(port);
  socket.on("error", () => {});
  socket.write(plain("one", "Connection: close\r\n"));
  await begun;
  socket.write(plain("two"));
  const closed = once(socket, "close");
  socket.resume();
  release();
  await closed;
  assert.equal(taken.length, 1);
});

test("what is malformed is refused as ever", async (t) => {
  const { port, taken } = await open(t);
  const head = "POST /short HTTP/1.1\r\n";
  const bad: readonly string[] = [
    `${head}Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    `${head}Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Host: a\r\nContent-Length: 1\r\nX: a\r\n b\r\n\r\nx`,
    `${head}Host: a\r\nContent-Length: 1\r\nX: a\0b\r\n\r\nx`,
    `${head}Host: a\r\nContent-Length: +1\r\n\r\nx`,
    `${head}Host: a\r\nContent-Length : 1\r\n\r\nx`,
    `${head}Content-Length: 1\r\n\r\nx`,
    `${head}Host: a\nContent-Length: 1\r\n\r\nx`,
  ];
  for (const bytes of bad)
    assert.match(await exchangeBytes(port, bytes), /^HTTP\/1\.1 400 /, JSON.stringify(bytes));
  assert.equal(taken.length, 0);
});

test("a request in two pieces, or two in one, takes the long way", async (t) => {
  const { port } = await open(t);
  const socket = await connectTo(port);
  const bytes = plain("hello");
  socket.write(bytes.slice(0, 30));
  await new Promise((resolve) => setTimeout(resolve, 20)); // so that it is a piece of its own
  socket.write(bytes.slice(30));
  assert.match(await textUntil(socket, "hello"), /x-way: long/);
  socket.destroy();
  const two = await exchangeBytes(port, plain("one") + plain("two", "Connection: close\r\n"));
  assert.deepEqual(waysOf(two), ["long", "long"]);
});

test("a connection goes from the short way to the long one, and stays in step", async (t) => {
  const { port } = await open(t);
  const socket = await connectTo(port);
  const ways: string[] = [];
  for (const [bytes, last] of [
    [plain("one"), "one"],
    [plain("two"), "two"],
    [plain("three", "", "/long"), "three"],
    [plain("four"), "four"],
  ] as const) {
    socket.write(bytes);
    ways.push(...waysOf(await textUntil(socket, last)));
  }
  assert.deepEqual(ways, ["short", "short", "long", "long"]);
  socket.destroy();
});

test("what a client sends ahead waits for its turn, and answers come in order", async (t) => {
  const waiting: (() => void)[] = [];
  const { port, taken } = await open(
    t,
    (request) => new Promise((resolve) => waiting.push(() => void short(request).then(resolve))),
  );
  const socket = await connectTo(port);
  socket.write(plain("one"));
  await until(() => waiting.length === 1);
  socket.write(plain("two"));
  socket.write(plain("three", "Connection: close\r\n"));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(taken.length, 1);
  waiting[0]?.();
  const text = await textUntil(socket, "three");
  assert.match(text, /one[\s\S]*two[\s\S]*three/);
  socket.destroy();
});

test("a client that ends its side still gets its answer", async (t) => {
  const waiting: (() => void)[] = [];
  const { port } = await open(
    t,
    (request) => new Promise((resolve) => waiting.push(() => void short(request).then(resolve))),
  );
  const socket = await connectTo(port);
  socket.end(plain("one"));
  await until(() => waiting.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  waiting[0]?.();
  assert.match(await textUntil(socket, "one"), /Connection: close/);
});

test("a fault of ours is 500, and is told", async (t) => {
  const { port, errors } = await open(t, () => Promise.reject(new Error("ours")));
  assert.match(await exchangeBytes(port, plain("x"), "internal error"), /^HTTP\/1\.1 500 /);
  assert.match(String(errors[0]), /ours/);
});

test("a fault while a request is taken, or an answer that cannot be written, harms its own connection alone", async (t) => {
  const { port, errors } = await open(t, ({ target }) => {
    if (target === "/short/throws") throw new Error("at once");
    if (target === "/short/odd")
      return Promise.resolve({ status: 200, headers: ["x-odd", "a\r\nb"], body: "" });
    return Promise.resolve({ status: 200, headers: ["x-way", "short"], body: "well" });
  });
  assert.match(
    await exchangeBytes(port, plain("x", "", "/short/throws"), "internal error"),
    /^HTTP\/1\.1 500 /,
  );
  assert.equal(await exchangeBytes(port, plain("x", "", "/short/odd")), "");
  assert.match(await exchangeBytes(port, plain("x"), "well"), /^HTTP\/1\.1 200 /);
  assert.deepEqual(errors.map(String), ["Error: at once", "Error: lane: the header x-odd has two lines"]);
});

test("stopping answers what runs and closes what is idle", async (t) => {
  const waiting: (() => void)[] = [];
  const { port, stop } = await open(t, (request) =>
    request.target === "/short/slow"
      ? new Promise((resolve) => waiting.push(() => void short(request).then(resolve)))
      : short(request),
  );
  const idle = await connectTo(port);
  idle.write(plain("one"));
  await textUntil(idle, "one");
  const running = await connectTo(port);
  running.write(plain("two", "", "/short/slow"));
  await until(() => waiting.length === 1);
  const closed = once(idle, "close");
  const stopped = stop();
  await closed;
  waiting[0]?.();
  assert.match(await textUntil(running, "two"), /Connection: close/);
  await stopped;
});

const textUntil = (socket: Socket, last: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = "";
    const take = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (!text.includes(last)) return;
      socket.off("data", take);
      resolve(text);
    };
    socket.on("data", take);
    socket.once("close", () => reject(new Error(`closed after ${text}`)));
  });

const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 1));
};

test("who takes nothing of an answer is cut after its time, who waits for one is not", async (t) => {
  const left = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<void>();
  const { port } = await open(t, short, {
    handler: async (x) => {
      if (x.path === "/slow") {
        await slow.promise;
        x.res.end("at last");
        return;
      }
      x.res.once("close", () => left.resolve());
      x.res.end(Buffer.alloc(32 << 20));
    },
    times: { stalledMs: 100, idleMs: 100 },
  });
  const patient = exchangeBytes(port, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", "at last");
  const greedy = await connectTo(port);
  greedy.pause().write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  await left.promise; // which is later than the time that the other one has waited
  slow.resolve();
  assert.match(await patient, /^HTTP\/1\.1 200 OK\r\n/);
  greedy.destroy();
});
