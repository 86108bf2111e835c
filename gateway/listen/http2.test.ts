import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, type TestContext, test } from "node:test";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { readBody } from "../http/read-body.ts";
import { sendError } from "../http/send-error.ts";
import { testSite } from "../model/test-site.ts";
import { createListener, type ListenerOptions } from "./listener.ts";
import { createLocalAuthority } from "./tls/local-authority.ts";

const dir = mkdtempSync(join(tmpdir(), "turnpike-h2-"));
after(() => rmSync(dir, { recursive: true }));

/** An encrypted listener on a free port, and a client that speaks HTTP/2 to it. */
const start = async (t: TestContext, options: Partial<ListenerOptions>) => {
  const errors: unknown[] = [];
  const certificates = createLocalAuthority({ dir, clock: Date.now, serves: () => true });
  const listener = createListener({
    address: "127.0.0.1:0",
    handler: (x) => void x.res.end("ok"),
    headerBytes: 8192,
    siteOf: (host) => (host === "unknown.example" ? null : testSite),
    isTrusted: () => false,
    clock: () => 1234,
    portHint: String,
    onError: (error) => errors.push(error),
    tls: { certificates, minVersion: "TLSv1.2" },
    ...options,
  });
  const { port } = await listener.listen();
  t.after(() => listener.stop(0));
  const open = () => {
    const session = connect(`https://localhost:${port}`, { rejectUnauthorized: false });
    session.on("error", () => {});
    t.after(() => session.destroy());
    return session;
  };
  return { listener, port, errors, open };
};

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const ask = async (
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: string,
): Promise<Answer> => {
  const stream = session.request({ ":path": "/", ...headers }, { endStream: body === undefined });
  const head = new Promise<IncomingHttpHeaders>((resolve, reject) => {
    stream.on("response", resolve);
    stream.on("error", reject);
  });
  if (body !== undefined) stream.end(body);
  const got = await head;
  return { status: Number(got[":status"]), headers: got, body: await text(stream) };
};

test("a request over HTTP/2 looks to handlers like one over HTTP/1.1", async (t) => {
  const seen: Exchange[] = [];
  const { open } = await start(t, {
    handler: (x) => {
      seen.push(x);
      x.res.end();
    },
  });
  await ask(open(), {
    ":path": "/a%20b?c=d",
    ":authority": "Shop.Example:8443",
    cookie: "a=1",
    "x-one": "1",
  });
  const { path, query, host, secure, address, req } = seen[0] as Exchange;
  assert.deepEqual(
    { path, query, host, secure, address, method: req.method, url: req.url },
    {
      path: "/a%20b",
      query: "c=d",
      host: "shop.example",
      secure: true,
      address: "127.0.0.1",
      method: "GET",
      url: "/a%20b?c=d",
    },
  );
  assert.deepEqual({ ...req.headers }, { host: "Shop.Example:8443", cookie: "a=1", "x-one": "1" });
  assert.deepEqual(req.rawHeaders, ["host", "Shop.Example:8443", "cookie", "a=1", "x-one", "1"]);
});

test("bodies go both ways, with and without a length", async (t) => {
  const { open } = await start(t, {
    handler: async (x) => {
      const body = await readBody(x.req, 100_000);
      x.res.writeHead(200, ["set-cookie", "a=1", "set-cookie", "b=2", "content-type", "text/plain"]);
      x.res.end(`${x.req.headers["transfer-encoding"] ?? "sized"} ${body.length}`);
    },
  });
  const session = open();
  const big = "x".repeat(90_000);
  const unsized = await ask(session, { ":method": "POST" }, big);
  assert.equal(unsized.body, "chunked 90000");
  const sized = await ask(session, { ":method": "POST", "content-length": "90000" }, big);
  assert.equal(sized.body, "sized 90000");
  assert.deepEqual(sized.headers["set-cookie"], ["a=1", "b=2"]);
});

test("headers about the connection do not get into an answer", async (t) => {
  const { open } = await start(t, {
    handler: (x) => {
      x.res.setHeader("x-set", "1");
      x.res.writeHead(200, {
        connection: "close",
        "keep-alive": "timeout=5",
        "transfer-encoding": "chunked",
        "x-kept": "1",
      });
      x.res.end("ok");
    },
  });
  const { headers, body } = await ask(open(), {});
  const names = Object.keys(headers)
    .filter((name) => name !== "date")
    .sort();
  assert.deepEqual([names, body], [[":status", "x-kept", "x-set"], "ok"]);
});

test("hostile requests are refused, and the connection goes on", async (t) => {
  const { open, errors } = await start(t, {});
  const session = open();
  const cases: readonly [name: string, headers: Record<string, string>, status: number][] = [
    ["a host nobody configured (RFC 9110 §15.5.20)", { ":authority": "unknown.example" }, 421],
    ["another Host (RFC 9113 §8.3.1)", { ":authority": "a.example", host: "b.example" }, 400],
    ["a path with a fragment", { ":path": "/#x" }, 400],
  ];
  for (const [name, headers, status] of cases)
    assert.equal((await ask(session, headers)).status, status, name);
  // Node's parser ends these streams itself.
  const broken: readonly [name: string, headers: Record<string, string>][] = [
    ["a path that is none (RFC 9113 §8.3.1)", { ":path": "nothing" }],
    ["an authority that is none (RFC 9113 §8.3.1)", { ":authority": "a/b" }],
    ["an absolute path", { ":path": "http://b.example/" }],
    ["a space in the path", { ":path": "/a HTTP/1.1\r\nx: y" }],
  ];
  for (const [name, headers] of broken) {
    const answer = await ask(open(), headers).catch(() => null);
    assert.ok(answer === null || answer.status === 400, name);
  }
  assert.equal((await ask(session, {})).status, 200);
  assert.deepEqual(errors, []);
});

test("a tunnel is refused", async (t) => {
  const { open } = await start(t, {});
  const stream = open().request({ ":method": "CONNECT", ":authority": "other:443" });
  const status = await new Promise((resolve) =>
    stream.on("response", (headers) => resolve(headers[":status"])).on("error", () => resolve(405)),
  );
  assert.equal(status, 405);
});

test("an answer that is cut half-way does not look whole", async (t) => {
  const { open } = await start(t, {
    handler: (x) => {
      x.res.write("half", () => x.res.destroy());
    },
  });
  await assert.rejects(ask(open(), {}), /NGHTTP2_INTERNAL_ERROR/);
});

test("a client that leaves ends its request alone", async (t) => {
  const { promise: closed, resolve: close } = Promise.withResolvers<boolean>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { open, errors } = await start(t, {
    handler: (x) => {
      if (x.path !== "/slow") return void x.res.end("ok");
      x.res.on("close", () => {
        x.res.write("too late");
        x.res.end("too late");
        close(x.res.destroyed);
      });
      x.res.write("begun");
      begin();
    },
  });
  const session = open();
  const stream = session.request({ ":path": "/slow" });
  stream.on("error", () => {});
  await begun;
  stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  assert.equal(await closed, true);
  assert.equal((await ask(session, {})).body, "ok");
  assert.deepEqual(errors, []);
});

/** A frame of HTTP/2 (RFC 9113 §4.1). */
const frame = (type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};

const preface = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(0x4, 0, 0)]);
// GET / over https of authority `a`, by the static table of RFC 7541.
const getSlash = Buffer.from([0x82, 0x84, 0x87, 0x41, 0x01, 0x61]);
const cancel = Buffer.from([0, 0, 0, 8]);

/** Sends frames without looking at what comes back, until the server closes the connection. */
const sendFrames = async (port: number, frames: Iterable<Buffer>): Promise<void> => {
  const socket = tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  socket.on("error", () => {}).resume();
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await new Promise<void>((resolve) => socket.once("secureConnect", resolve));
  socket.write(preface);
  for (const one of frames) {
    if (socket.destroyed) break;
    if (!socket.write(one))
      await Promise.race([closed, new Promise((resolve) => socket.once("drain", resolve))]);
  }
  await closed;
};

const floods: readonly [name: string, frames: (i: number) => Buffer][] = [
  [
    "requests that are reset at once (CVE-2023-44487)",
    (i) => Buffer.concat([frame(0x1, 0x5, 2 * i + 1, getSlash), frame(0x3, 0, 2 * i + 1, cancel)]),
  ],
  [
    "requests that make us reset them (CVE-2025-8671)",
    (i) => Buffer.concat([frame(0x1, 0x4, 2 * i + 1, getSlash), frame(0x8, 0, 2 * i + 1, Buffer.alloc(4))]),
  ],
  ["more requests at once than are allowed", (i) => frame(0x1, 0x5, 2 * i + 1, getSlash)],
  [
    "headers that never end (CVE-2024-27983)",
    (i) => frame(i === 0 ? 0x1 : 0x9, 0, 1, Buffer.alloc(1000, 0x82)),
  ],
];

for (const [name, make] of floods) {
  test(`a flood ends its connection, and others are served: ${name}`, async (t) => {
    let calls = 0;
    const { open, port } = await start(t, {
      handler: (x) => {
        calls++;
        if (x.path === "/fine") x.res.end("ok");
      },
    });
    await sendFrames(
      port,
      (function* () {
        for (let i = 0; i < 30_000; i++) yield make(i);
      })(),
    );
    assert.ok(calls < 1000, `${calls} requests of the flood were begun`);
    assert.equal((await ask(open(), { ":path": "/fine" })).body, "ok");
  });
}

test("stopping lets a running request finish and sends the client elsewhere", async (t) => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  let release: () => void = () => {};
  const { listener, open } = await start(t, {
    handler: (x) => {
      release = () => x.res.end("finished");
      begin();
    },
  });
  const session = open();
  const running = ask(session, {});
  await begun;
  const idle = open();
  await new Promise<void>((resolve) => idle.on("connect", () => resolve()));
  const stopped = listener.stop(60_000);
  await new Promise<void>((resolve) => session.on("goaway", () => resolve()));
  release();
  assert.equal((await running).body, "finished");
  await stopped;
});

/** Longer than any test: what ends before has ended by itself. */
const neverMs = 600_000;

test("a connection whose handshake is under way when another process takes over is answered, and then let go", async (t) => {
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { listener, open } = await start(t, {
    enter() {
      enter();
      return "open";
    },
  });
  const session = open();
  const answers = [ask(session, {}), ask(session, {})]; // they go out with the end of the handshake
  await entered;
  const drained = listener.drain(neverMs, neverMs);
  const bodies = (await Promise.all(answers)).map(({ body }) => body);
  assert.deepEqual(bodies, ["ok", "ok"]);
  await drained;
});

test("a connection that is idle when another process takes over is let go with its next request", async (t) => {
  const { listener, open } = await start(t, {});
  const session = open();
  assert.equal((await ask(session, {})).body, "ok");
  const drained = listener.drain(neverMs, neverMs);
  const bodies = (await Promise.all([ask(session, {}), ask(session, {}, "with a body")])).map((a) => a.body);
  assert.deepEqual(bodies, ["ok", "ok"]);
  await drained;
});

test("a connection without a further request is let go in its time, and a request that still runs is answered", async (t) => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<Exchange>();
  const { listener, open } = await start(t, {
    handler: (x) => (x.path === "/long" ? begin(x) : void x.res.end("ok")),
  });
  const [busy, idle] = [open(), open()];
  const left = new Promise<void>((resolve) => idle.once("close", () => resolve()));
  await ask(idle, {});
  const running = ask(busy, { ":path": "/long" });
  const x = await begun;
  const drained = listener.drain(0, neverMs);
  await left;
  await new Promise<void>((resolve) => busy.once("goaway", () => resolve()));
  x.res.end("at last");
  assert.equal((await running).body, "at last");
  await drained;
});

test("HTTP/1.1 is spoken beside HTTP/2", async (t) => {
  const { port } = await start(t, {});
  const answer = await new Promise<string>((resolve, reject) => {
    get({ port, host: "127.0.0.1", rejectUnauthorized: false }, (res) => {
      text(res).then((body) => resolve(`${res.httpVersion} ${res.statusCode} ${body}`), reject);
    }).on("error", reject);
  });
  assert.equal(answer, "1.1 200 ok");
});

test("a client that takes nothing of an answer any more is cut, and others on its connection are not", async (t) => {
  const closed = new Map<string, Promise<void>>();
  const { open } = await start(t, {
    times: { stalledMs: 400 },
    handler(x) {
      closed.set(x.path, new Promise((resolve) => x.res.once("close", resolve)));
      if (x.path === "/waits") x.res.write("an answer that takes its time");
      else x.res.end(Buffer.alloc(1_000_000));
    },
  });
  const session = open();
  const waiting = session.request({ ":path": "/waits" });
  await new Promise((resolve) => waiting.once("data", resolve));
  const unread = session.request({ ":path": "/unread" }); // has no room for all of it, and gives none
  const code = await new Promise((resolve) => {
    unread.on("error", () => {}).on("close", () => resolve(unread.rstCode));
  });
  assert.equal(code, constants.NGHTTP2_CANCEL);
  await closed.get("/unread");
  assert.equal((await ask(session, { ":path": "/taken" })).body.length, 1_000_000);
  assert.equal(waiting.destroyed, false, "an answer that waits for us is no fault of the client's");
  waiting.close();
});

test("a connection that carries only what is not taken ends as a whole, pings or not", async (t) => {
  const { open } = await start(t, {
    times: { stalledMs: 400 },
    handler: (x) => void x.res.end(Buffer.alloc(1_000_000)),
  });
  const session = open();
  session.request({ ":path": "/unread" }).on("error", () => {});
  const closed = new Promise<void>((resolve) => session.once("close", resolve));
  const pinging = setInterval(() => session.destroyed || session.ping(() => {}), 50);
  await closed;
  clearInterval(pinging);
});

test("a client that reads slowly, but reads, gets all of it", async (t) => {
  const size = 400_000;
  const { open } = await start(t, {
    times: { stalledMs: 400 },
    handler: (x) => void x.res.end(Buffer.alloc(size)),
  });
  const stream = open().request({ ":path": "/" });
  stream.on("error", () => {});
  let got = 0;
  stream.pause();
  const reading = setInterval(() => {
    got += (stream.read() as Buffer | null)?.length ?? 0;
  }, 60);
  await new Promise((resolve) => stream.once("close", resolve));
  clearInterval(reading);
  assert.equal(got + ((stream.read() as Buffer | null)?.length ?? 0), size);
});

test("a client that stops in the middle of a body is cut where nobody else looks at its pace", async (t) => {
  const { open } = await start(t, {
    times: { stalledMs: 400 },
    handler: async (x) => void x.res.end(await readBody(x.req, 1000)),
  });
  const stream = open().request({ ":path": "/", ":method": "POST" });
  stream.on("error", () => {});
  stream.write("half");
  await new Promise((resolve) => stream.once("close", resolve));
  assert.equal(stream.readableLength, 0);
});

test("a client that is still sending when its answer is whole gets it, and may end its request", async (t) => {
  const { open } = await start(t, { handler: (x) => void x.res.writeHead(403).end("no") });
  const session = open();
  const stream = session.request({ ":path": "/", ":method": "POST" });
  const resets: number[] = [];
  stream.on("close", () => resets.push(stream.rstCode));
  stream.write("x".repeat(100_000));
  const head = await new Promise<IncomingHttpHeaders>((resolve) => stream.once("response", resolve));
  assert.equal(head[":status"], 403);
  assert.equal(await text(stream), "no");
  for (let i = 0; i < 10; i++) {
    if (!stream.write("x".repeat(100_000))) await new Promise((resolve) => stream.once("drain", resolve));
  }
  await new Promise<void>((resolve) => stream.end(resolve));
  assert.equal((await ask(session, {})).status, 403);
  assert.deepEqual(resets, [0]);
});

test("a refusal does not wait for the body that it refuses", async (t) => {
  const wasWhole: boolean[] = [];
  const { open } = await start(t, {
    handler: (x) => {
      sendError(x, new HttpError(403, "no"));
      wasWhole.push(x.res.writableEnded);
    },
  });
  const session = open();
  const stream = session.request({ ":path": "/", ":method": "POST" });
  stream.write("x".repeat(100_000));
  assert.equal(await text(stream), "no\n");
  assert.deepEqual(wasWhole, [true]);
  await new Promise<void>((resolve) => stream.end(resolve));
  assert.equal((await ask(session, {})).status, 403);
});

test("fields that do not come in time end their connection, however often a part of them comes", async (t) => {
  const { port } = await start(t, { times: { headersMs: 300, stalledMs: 400 } });
  const parts: readonly Buffer[] = [
    frame(0x1, 0x1, 1, getSlash), // without END_HEADERS
    frame(0x1, 0x5, 1, getSlash).subarray(0, 12), // half a frame
  ];
  for (const part of parts) {
    const socket = tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
    socket.on("error", () => {}).resume();
    socket.write(preface);
    socket.write(part);
    await new Promise((resolve) => socket.once("close", resolve));
  }
});

test("answers come in the order of their urgency, and those of one urgency in turns", async (t) => {
  const { open } = await start(t, { handler: (x) => void x.res.end(Buffer.alloc(200_000)) });
  const session = open();
  const ended: string[] = [];
  const fetchOne = async (name: string, priority: string): Promise<void> => {
    const stream = session.request({ ":path": `/${name}`, priority });
    stream.resume();
    await new Promise((resolve) => stream.once("end", resolve));
    ended.push(name);
  };
  await Promise.all([
    fetchOne("image", "u=5, i"),
    fetchOne("style", "u=0"),
    fetchOne("script", "u=1"),
    fetchOne("late-image", "u=5, i"),
  ]);
  assert.deepEqual(ended.slice(0, 2), ["style", "script"]);
});

test("trailers come behind a body, and behind none", async (t) => {
  const { open } = await start(t, {
    handler: ({ path, res }) => {
      res.writeHead(200, { "content-type": "text/plain" });
      if (path === "/body") res.write("body");
      res.addTrailers({ "X-Sum": "1" });
      res.end();
    },
  });
  const session = open();
  for (const [path, body] of [
    ["/body", "body"],
    ["/none", ""],
  ] as const) {
    const stream = session.request({ ":path": path });
    const trailers = new Promise<IncomingHttpHeaders>((resolve) => stream.once("trailers", resolve));
    assert.equal(await text(stream), body);
    assert.equal((await trailers)["x-sum"], "1", path);
  }
});

test("a client that sends more of a body than its window lets through is reset (RFC 9113 §6.9.1)", async (t) => {
  const { port } = await start(t, { handler: () => {} });
  const socket = tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  socket.on("error", () => {});
  socket.write(preface);
  socket.write(frame(0x1, 0x4, 1, Buffer.from([0x83, 0x84, 0x87, 0x41, 0x01, 0x61]))); // POST
  for (let i = 0; i < 24; i++) socket.write(frame(0x0, 0, 1, Buffer.alloc(16_384))); // 64 KB wait to be read
  let came = Buffer.alloc(0);
  const reset = frame(0x3, 0, 1, Buffer.from([0, 0, 0, 3]));
  for await (const chunk of socket) {
    came = Buffer.concat([came, chunk as Buffer]);
    if (came.includes(reset)) break;
  }
  assert.ok(came.includes(reset));
  socket.destroy();
});

test("a client that asks and asks and reads nothing is not listened to", async (t) => {
  let asked = 0;
  const { port } = await start(t, {
    handler: (x) => {
      asked++;
      x.res.writeHead(200, { "x-long": "x".repeat(4000) }).end();
    },
  });
  const socket = tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.once("secureConnect", resolve));
  socket.pause();
  socket.write(preface);
  const count = 20_000;
  for (let i = 0; i < count; i++) socket.write(frame(0x1, 0x5, 2 * i + 1, getSlash));
  let before = -1;
  while (asked > before || asked === 0) {
    before = asked;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  assert.ok(asked < count / 2, `${asked} of ${count} were answered into memory`);
  socket.resume(); // and then it gets them all
  while (asked < count) await new Promise((resolve) => setTimeout(resolve, 20));
  socket.destroy();
});

test("a connection without requests is closed after a while, and does not stay where the client keeps its side", async (t) => {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const { port } = await start(t, {
    times: { idleMs: 300, stalledMs: 300 },
    enter(socket) {
      socket.once("close", () => close());
      return "open";
    },
  });
  const socket = tlsConnect({
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
    allowHalfOpen: true,
  } as ConnectionOptions);
  socket.on("error", () => {}).resume();
  socket.write(preface);
  await closed;
  socket.destroy();
});
