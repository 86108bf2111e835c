import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { ask, connectTo, exchangeBytes, serve } from "../http/test-server.ts";
import { createProxy } from "./proxy.ts";
import { proxySettings } from "./settings.ts";
import { createStandings } from "./standings.ts";
import { createTunnels } from "./tunnels.ts";

/** Listens on a free port until the end of the test, when every connection is cut. */
const listen = async (t: TestContext, server: Server): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
};

const upstream = (t: TestContext, answer: RequestListener): Promise<number> =>
  listen(t, createServer(answer));

/** An upstream that answers every request with the same bytes, and tells what it was sent. */
const rawUpstream = async (t: TestContext, bytes: string, close = false) => {
  const received: string[] = [];
  const port = await listen(
    t,
    createTcpServer((socket) => {
      socket.on("data", (chunk) => {
        received.push(chunk.toString("latin1"));
        if (close) socket.end(bytes, "latin1");
        else socket.write(bytes, "latin1");
      });
    }),
  );
  return { port, received };
};

interface Gate {
  readonly port: number;
  readonly errors: unknown[];
}

/** A gateway in front of the ports. */
const gate = async (
  t: TestContext,
  ports: readonly number[],
  settings: object = {},
  prepare: (x: Exchange) => void = () => {},
): Promise<Gate> => {
  const errors: unknown[] = [];
  const proxy = createProxy(
    proxySettings.parse({ upstreams: ports.map((port) => `http://127.0.0.1:${port}`), ...settings }),
    {
      base: "/",
      visitorOf: () => null,
      warn: () => {},
      tunnels: createTunnels(),
      standings: createStandings(),
      route: "*/",
      isTrusted: () => false,
      stripCookies: [],
      onError: (error) => errors.push(error),
    },
  );
  const server = await serve((x) => {
    prepare(x);
    return proxy.handle(x);
  });
  t.after(async () => {
    await server.close();
    await proxy.close();
  });
  return { port: server.port, errors };
};

const signal = () => {
  let give: () => void = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { give, given };
};

const textOf = async (req: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of req) text += chunk;
  return text;
};

test("a body over the limit of the settings is refused with 413, whether it tells its length or not", async (t) => {
  const seen: string[] = [];
  const port = await upstream(t, async (req, res) => {
    const text = await textOf(req).catch(() => "cut");
    seen.push(text);
    res.end("taken");
  });
  const { port: front, errors } = await gate(t, [port], { bodyBytes: 5 });
  const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
  const cases: readonly [head: string, body: string, status: RegExp][] = [
    ["POST /a\nContent-Length: 5", "12345", /^HTTP\/1\.1 200 /],
    ["POST /b\nContent-Length: 6", "123456", /^HTTP\/1\.1 413 /],
    ["POST /c\nTransfer-Encoding: chunked", chunked("12345"), /^HTTP\/1\.1 200 /],
    ["POST /d\nTransfer-Encoding: chunked", chunked("123456"), /^HTTP\/1\.1 413 /],
    ["PUT /e\nTransfer-Encoding: chunked", `3\r\nabc\r\n${chunked("def")}`, /^HTTP\/1\.1 413 /],
  ];
  for (const [head, body, status] of cases) assert.match((await ask(front, head, body)).text, status, head);
  assert.deepEqual(
    seen.filter((text) => text !== "cut" && text !== ""),
    ["12345", "12345"],
  );
  assert.deepEqual(errors, []);
  const { port: open } = await gate(t, [port]);
  assert.match((await ask(open, "POST /\nContent-Length: 9", "123456789")).text, /^HTTP\/1\.1 200 /);
});

test("a request arrives as it was sent, and the answer comes back as it was given", async (t) => {
  const seen: unknown[] = [];
  const port = await upstream(t, async (req, res) => {
    seen.push([req.method, req.url, req.headers.host, req.headers["x-custom"], await textOf(req)]);
    res.writeHead(418, ["X-One", "1", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-Latin", "\u00e9"]);
    res.end("short and stout");
  });
  const { port: front } = await gate(t, [port]);
  const answer = await ask(
    front,
    "PATCH /a%2Fb/../c;d?q=%20&&x\nHost: Shop.Example:99\nX-Custom: yes\nContent-Length: 4",
    "body",
  );
  assert.deepEqual(seen, [["PATCH", "/a%2Fb/../c;d?q=%20&&x", "Shop.Example:99", "yes", "body"]]);
  assert.equal(answer.status, 418);
  assert.equal(answer.headers.get("x-one"), "1");
  assert.equal(answer.headers.get("x-latin"), "\u00e9");
  assert.match(answer.text, /set-cookie: a=1\r\nset-cookie: b=2\r\n/i);
  assert.match(answer.body, /short and stout/);
});

test("hop-by-hop fields and those that Connection names stay on their side, both ways", async (t) => {
  const back = await rawUpstream(
    t,
    "HTTP/1.1 200 OK\r\nConnection: X-Back, keep-alive\r\nX-Back: secret\r\nKeep-Alive: timeout=9\r\n" +
      "Proxy-Authenticate: Basic\r\nTE: x\r\nUpgrade: h2c\r\nX-Kept: yes\r\nContent-Length: 2\r\n\r\nok",
  );
  const { port } = await gate(t, [back.port]);
  const text = await exchangeBytes(
    port,
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Front, close\r\nX-Front: secret\r\nKeep-Alive: timeout=9\r\n" +
      "Proxy-Connection: close\r\nTE: trailers\r\nUpgrade: websocket\r\nExpect: 100-continue\r\nX-Kept: yes\r\n\r\n",
  );
  const [sent = ""] = back.received;
  assert.doesNotMatch(sent, /x-front|secret|timeout|proxy-connection|te: |upgrade|expect/i);
  assert.match(sent, /x-kept: yes/);
  assert.match(sent, /connection: keep-alive/, "our own connection to the upstream");
  assert.doesNotMatch(text, /x-back|secret|timeout=9|proxy-authenticate|te: x|upgrade/i);
  assert.match(text, /x-kept: yes/);
});

test("the target of an absolute request is sent as a path", async (t) => {
  const back = await rawUpstream(t, "HTTP/1.1 204 No Content\r\n\r\n");
  const { port } = await gate(t, [back.port], {}, (x) => Object.assign(x, { path: "/p", query: "q=1" }));
  await exchangeBytes(port, "GET http://a/p?q=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert.match(back.received[0] ?? "", /^GET \/p\?q=1 HTTP/);
});

test("bodies go through as they come, in both directions", async (t) => {
  const port = await upstream(t, (req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    req.on("data", (chunk) => res.write(`data: ${chunk}\n\n`)); // answers each piece before the next comes
    req.on("end", () => res.end());
  });
  const { port: front } = await gate(t, [port]);
  const socket = await connectTo(front);
  let text = "";
  const closed = new Promise((resolve) => socket.on("close", resolve));
  const pieces = ["one", "two", "three"];
  const next = (): void => {
    const piece = pieces.shift();
    socket.write(piece ? `${piece.length.toString(16)}\r\n${piece}\r\n` : "0\r\n\r\n");
  };
  socket.on("data", (chunk) => {
    text += chunk;
    if (/data: \w+\n\n\r\n$/.test(text)) next();
  });
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
  next();
  await closed;
  assert.match(text, /data: one\n\n[\s\S]*data: two\n\n[\s\S]*data: three\n\n[\s\S]*0\r\n\r\n$/);
});

test("the head goes to the client while the body takes its time, passes or not", async (t) => {
  for (const passes of [0, 1]) {
    const heard = signal();
    const port = await upstream(t, async (_req, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      await heard.given; // there is no body until the client has the head
      res.end("data: at last\n\n");
    });
    const { port: front } = await gate(t, [port], {}, (x) => {
      for (let i = 0; i < passes; i++) x.responsePasses.push(() => undefined);
    });
    const socket = await connectTo(front);
    let text = "";
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\r\n\r\n")) heard.give();
    });
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await closed;
    assert.match(text, /data: at last/);
  }
});

const megabyte = 1024 * 1024;
const largeBytes = 96 * megabyte;

/** Resolves when a counter has not moved for a while: what is going to flow has flowed. */
const settled = async (count: () => number): Promise<number> => {
  for (let still = 0, last = -1; still < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    still = count() === last ? still + 1 : 0;
    last = count();
  }
  return count();
};

/** Writes `largeBytes` as fast as they are taken, counting. */
const flood = (to: NodeJS.WritableStream, done: () => void) => {
  const chunk = Buffer.alloc(64 * 1024);
  const flow = { bytes: 0 };
  const more = (): void => {
    while (flow.bytes < largeBytes) {
      flow.bytes += chunk.length;
      if (!to.write(chunk)) {
        to.once("drain", more);
        return;
      }
    }
    done();
  };
  more();
  return flow;
};

test("a client that does not read stops the upstream, and gets everything once it reads", async (t) => {
  let flow = { bytes: 0 };
  const port = await upstream(t, (_req, res) => {
    res.writeHead(200, { "content-length": String(largeBytes) });
    flow = flood(res, () => res.end());
  });
  const { port: front } = await gate(t, [port]);
  const socket = (await connectTo(front)).pause();
  socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const before = process.memoryUsage().arrayBuffers;
  const sent = await settled(() => flow.bytes);
  assert.ok(sent > 0 && sent < largeBytes / 2, `${sent} bytes went on their way`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * megabyte, "the kernel holds them, not we");
  let received = 0;
  socket.on("data", (chunk) => {
    received += chunk.length;
  });
  socket.resume();
  await new Promise((resolve) => socket.on("close", resolve));
  assert.ok(received > largeBytes);
});

test("large answers that take turns arrive whole and in order, with a length and in chunks, beside small ones", async (t) => {
  const bodies = Array.from({ length: 30 }, (_, i) => Buffer.alloc(3 * megabyte, `answer ${i} `));
  const port = await upstream(t, (req, res) => {
    const body = bodies[Number(req.url?.slice(1))] ?? Buffer.from("small");
    if (req.headers["x-chunked"] === undefined) res.setHeader("content-length", body.length);
    else res.write(body.subarray(0, 10));
    res.end(req.headers["x-chunked"] === undefined ? body : body.subarray(10));
  });
  const { port: front } = await gate(t, [port]);
  const read = async (path: string, headers: Record<string, string> = {}): Promise<Buffer> =>
    Buffer.from(await (await fetch(`http://127.0.0.1:${front}${path}`, { headers })).arrayBuffer());
  const large = bodies.map((_, i) => read(`/${i}`, i % 2 === 0 ? {} : { "x-chunked": "1" }));
  const small = await Promise.all(Array.from({ length: 20 }, () => read("/small")));
  assert.deepEqual(new Set(small.map(String)), new Set(["small"]));
  const wrong = (await Promise.all(large)).flatMap((body, i) => (bodies[i]?.equals(body) ? [] : [i]));
  assert.deepEqual(wrong, []);
});

test("an upstream that does not read stops the client, and gets everything once it reads", async (t) => {
  const arrived = signal();
  const finished = signal();
  let received = 0;
  let request: IncomingMessage | undefined;
  const port = await upstream(t, (req, res) => {
    request = req;
    arrived.give();
    req.on("end", () => {
      res.end("thanks");
      finished.give();
    });
  });
  const { port: front } = await gate(t, [port]);
  const socket = (await connectTo(front)).resume();
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${largeBytes}\r\n\r\n`);
  const flow = flood(socket, () => {});
  await arrived.given;
  const sent = await settled(() => flow.bytes);
  assert.ok(sent > 0 && sent < largeBytes / 2, `${sent} bytes went on their way`);
  request?.on("data", (chunk) => {
    received += chunk.length;
  });
  await finished.given;
  assert.equal(received, largeBytes);
  socket.destroy();
});

test("a client that leaves ends the upstream's request, before and in the middle of the answer", async (t) => {
  for (const midway of [false, true]) {
    const arrived = signal();
    const left = signal();
    const port = await upstream(t, (_req, res) => {
      res.on("close", left.give);
      if (midway) res.write("some");
      arrived.give();
    });
    const { port: front, errors } = await gate(t, [port]);
    const socket = await connectTo(front);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await arrived.given;
    if (midway) await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await left.given;
    assert.deepEqual(errors, [], "that is no failure of the upstream");
  }
});

test("a client that leaves in the middle of its upload ends the upstream's request", async (t) => {
  const arrived = signal();
  const left = signal();
  const port = await upstream(t, (req) => {
    req.once("data", arrived.give);
    req.on("close", left.give);
  });
  const { port: front } = await gate(t, [port]);
  const socket = await connectTo(front);
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf");
  await arrived.given;
  socket.destroy();
  await left.given;
});

test("an answer names its request as the upstream knows it, unless the upstream or a rule says otherwise", async (t) => {
  const seen: unknown[] = [];
  const port = await upstream(t, async (req, res) => {
    seen.push(req.headers["x-request-id"]);
    if (req.url === "/own") res.setHeader("X-Request-Id", "theirs");
    res.end();
  });
  const { port: front } = await gate(t, [port]);
  const named = (await ask(front, "GET /")).headers.get("x-request-id");
  assert.deepEqual([named], seen);
  assert.equal((await ask(front, "GET /own")).headers.get("x-request-id"), "theirs");
  const { port: silent } = await gate(t, [port], { responseHeaders: { remove: ["X-Request-Id"] } });
  assert.equal((await ask(silent, "GET /")).headers.get("x-request-id"), undefined);
});

const refused = 1; // nothing listens on TCP port 1

/** What a visitor reads of a fault that is not his: with the request's id, which the head has as well. */
const withId = (sentence: string, { headers }: { readonly headers: ReadonlyMap<string, string> }): string => {
  const id = headers.get("x-request-id") ?? "";
  assert.match(id, /^[0-9a-f]{16}-\w+$/);
  return `${sentence} (request ${id})\n`;
};

test("an upstream that fails before its head gives 502 or 504 in one sentence, and a cause for the log", async (t) => {
  const silent = await listen(t, createTcpServer());
  const cases: readonly [name: string, port: number, status: number, body: string, cause: RegExp][] = [
    ["refused", refused, 502, "the server behind this site cannot be reached", /ECONNREFUSED/],
    ["silent", silent, 504, "the server behind this site took too long to answer", /no answer within 100 ms/],
    ...(await Promise.all(
      ["", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nA"].map(
        async (bytes): Promise<[string, number, number, string, RegExp]> => [
          JSON.stringify(bytes),
          (await rawUpstream(t, bytes, true)).port,
          502,
          "the server behind this site gave no answer that can be read",
          /./,
        ],
      ),
    )),
  ];
  for (const [name, port, status, body, cause] of cases) {
    const { port: front, errors } = await gate(t, [port], { firstByteMs: status === 504 ? 100 : 10_000 });
    for (const upload of ["", "\nContent-Length: 3"]) {
      const answer = await ask(front, `POST /${upload}`, upload ? "abc" : "");
      assert.deepEqual([answer.status, answer.body], [status, withId(body, answer)], name);
    }
    const [error] = errors;
    assert.ok(error instanceof HttpError && cause.test(String(error.cause)), `${name}: ${errors}`);
  }
});

test("a large upload to an upstream that is not there is answered, not left waiting", async (t) => {
  const { port } = await gate(t, [refused]);
  const body = "x".repeat(4 * megabyte);
  const answer = await ask(port, `POST /\nContent-Length: ${body.length}`, body);
  assert.equal(answer.status, 502);
});

/** Sends a large upload full of requests, and a real one after it, to an upstream that refuses uploads unread. */
const uploadToRefusal = async (t: TestContext, headers: Record<string, string>): Promise<string> => {
  const paths: (string | undefined)[] = [];
  const port = await upstream(t, (req, res) => {
    paths.push(req.url);
    if (req.method === "GET") res.end("next");
    else res.writeHead(413, headers).end("too much");
  });
  const { port: front } = await gate(t, [port]);
  const body = "GET /smuggled HTTP/1.1\r\n\r\n".repeat(100_000);
  const text = await exchangeBytes(
    front,
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
      "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  );
  assert.ok(!paths.includes("/smuggled"));
  return text;
};

test("an upstream that answers in the middle of an upload is heard, and the connection stays in step", async (t) => {
  const text = await uploadToRefusal(t, {});
  assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 413", "HTTP/1.1 200"]);
  assert.match(text, /too much[\s\S]*next/);
});

test("an upstream that hangs up on an upload gives its answer or 502, and none of the body is a request", async (t) => {
  // Which of the two hangs on whether its answer or the reset of its connection is seen first.
  const text = await uploadToRefusal(t, { connection: "close" });
  assert.match(text, /^HTTP\/1\.1 (413|502) /);
});

test("an upstream that dies in the middle of its body cuts the client's connection", async (t) => {
  const heads = [
    "Content-Length: 100\r\n\r\nhalf",
    "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nnonsense\r\n",
  ];
  for (const head of heads) {
    const back = await rawUpstream(t, `HTTP/1.1 200 OK\r\n${head}`, true);
    const { port, errors } = await gate(t, [back.port]);
    const text = await exchangeBytes(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.match(text, /^HTTP\/1\.1 200/);
    assert.match(text, /half/);
    assert.doesNotMatch(text, /HTTP\/1\.1 502|0\r\n\r\n$/, "nothing looks like a proper end");
    assert.equal(errors.length, 1);
  }
});

test("what an upstream sends behind an answer that has no body costs the connection, not the answer", async (t) => {
  for (const head of ["204 No Content", '304 Not Modified\r\nETag: "a"']) {
    const back = await rawUpstream(t, `HTTP/1.1 ${head}\r\nContent-Length: 5\r\n\r\nhello`);
    const late = (x: Exchange) => void x.responsePasses.push(async () => undefined);
    for (const prepare of [undefined, late]) {
      const { port, errors } = await gate(t, [back.port], {}, prepare);
      for (let i = 0; i < 2; i++) {
        const answer = await ask(port, "GET /");
        assert.deepEqual([answer.status, answer.body], [Number(head.slice(0, 3)), ""]);
      }
      assert.deepEqual(errors, []);
    }
  }
});

test("of a request without a body that usually has one the upstream is told so, and of others nothing", async (t) => {
  const lengths: unknown[] = [];
  const back = await upstream(t, (req, res) => {
    lengths.push(req.headers["content-length"]);
    res.end();
  });
  const { port } = await gate(t, [back]);
  for (const method of ["POST", "PUT", "PATCH", "GET", "DELETE"])
    await exchangeBytes(port, `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await exchangeBytes(port, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  assert.deepEqual(lengths, ["0", "0", "0", undefined, undefined, "2"]);
});

test("an answer with 205 has no content, whatever the upstream sends with it", async (t) => {
  const bodies = [
    "Content-Length: 5\r\n\r\nhello",
    "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  ];
  for (const body of bodies) {
    const back = await rawUpstream(t, `HTTP/1.1 205 Reset Content\r\n${body}`);
    const { port } = await gate(t, [back.port]);
    const text = await exchangeBytes(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert.match(text, /^HTTP\/1\.1 205 [\s\S]*\r\ncontent-length: 0\r\n[\s\S]*\r\n\r\n$/);
  }
});

test("answers of every framing come through", async (t) => {
  const cases: readonly [name: string, method: string, bytes: string, close: boolean, expected: RegExp][] = [
    [
      "204",
      "GET",
      "HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n",
      false,
      /^HTTP\/1\.1 204 [\s\S]*x: 1\r\n[\s\S]*\r\n\r\n$/,
    ],
    [
      "304",
      "GET",
      'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
      false,
      /304 [\s\S]*etag: "a"[\s\S]*\r\n\r\n$/,
    ],
    [
      "HEAD",
      "HEAD",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      false,
      /content-length: 5[\s\S]*\r\n\r\n$/,
    ],
    ["length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, /\r\n\r\nhello$/],
    [
      "empty",
      "GET",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      false,
      /content-length: 0[\s\S]*\r\n\r\n$/,
    ],
    [
      "chunked",
      "GET",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
      false,
      /\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n$/,
    ],
    [
      "trailers",
      "GET",
      "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\nX-T: end\r\n\r\n",
      false,
      /2\r\nhe\r\n0\r\nx-t: end\r\n\r\n$/i,
    ],
    ["until close", "GET", "HTTP/1.1 200 OK\r\n\r\nhello", true, /hello/],
    ["HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\n\r\nhello", true, /hello/],
    [
      "early hints first",
      "GET",
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      false,
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 [\s\S]*ok$/,
    ],
  ];
  for (const [name, method, bytes, close, expected] of cases) {
    const back = await rawUpstream(t, bytes, close);
    const { port } = await gate(t, [back.port]);
    const text = await exchangeBytes(port, `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    assert.match(text, expected, name);
  }
});

test("trailers come through also where they are there before the passes over the head are done", async (t) => {
  const back = await rawUpstream(
    t,
    "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\nX-T: end\r\n\r\n",
  );
  const { port } = await gate(t, [back.port], {}, (x) => {
    x.responsePasses.push(async () => undefined);
    return x;
  });
  const text = await exchangeBytes(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert.match(text, /2\r\nhe\r\n0\r\nx-t: end\r\n\r\n$/i);
});

test("binary bodies come through byte for byte, small and large", async (t) => {
  for (const size of [256, 8192, 8193, 300_000]) {
    const body = Buffer.alloc(size, Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
    const port = await upstream(t, (_req, res) => res.writeHead(200, { "content-length": size }).end(body));
    const { port: front } = await gate(t, [port]);
    const answer = await ask(front, "GET /");
    assert.ok(Buffer.from(answer.body, "latin1").equals(body), `${size} bytes`);
  }
});

test("an HTTP/1.0 client gets a chunked answer without chunks", async (t) => {
  const port = await upstream(t, (_req, res) => {
    res.write("he");
    res.end("llo");
  });
  const { port: front } = await gate(t, [port]);
  const text = await exchangeBytes(front, "GET / HTTP/1.0\r\n\r\n");
  assert.match(text, /\r\n\r\nhello$/);
});

test("Expect: 100-continue is answered here, and the body arrives", async (t) => {
  const port = await upstream(t, async (req, res) => res.end(`${req.headers.expect}:${await textOf(req)}`));
  const { port: front } = await gate(t, [port]);
  const socket = await connectTo(front);
  let text = "";
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.on("data", (chunk) => {
    text += chunk;
    if (text.endsWith("100 Continue\r\n\r\n")) socket.write("body");
  });
  socket.write(
    "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
  );
  await closed;
  assert.match(text, /undefined:body/);
});

test("requests go to the upstreams in turn", async (t) => {
  const ports = [];
  for (const name of ["a", "b", "c"]) ports.push(await upstream(t, (_req, res) => res.end(name)));
  const { port } = await gate(t, ports);
  const names = [];
  for (let i = 0; i < 6; i++) names.push((await ask(port, "GET /")).body.replace(/\W|\d/g, ""));
  assert.deepEqual(names, ["a", "b", "c", "a", "b", "c"]);
});

test("a connection to the upstream is used again", async (t) => {
  let connections = 0;
  const server = createServer((_req, res) => res.end("ok"));
  server.on("connection", () => connections++);
  const { port } = await gate(t, [await listen(t, server)]);
  for (let i = 0; i < 5; i++) await ask(port, "GET /");
  assert.equal(connections, 1);
});

test("a request that gets no free connection in time is answered with 504", async (t) => {
  const port = await upstream(t, (_req, res) => res.write("an endless stream"));
  const { port: front, errors } = await gate(t, [port], { connections: 1, connectMs: 50, firstByteMs: 50 });
  const socket = await connectTo(front);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve));
  const answer = await ask(front, "GET /");
  assert.deepEqual(
    [answer.status, answer.body],
    [504, withId("the server behind this site is busy", answer)],
  );
  assert.equal(errors.length, 1);
  assert.match(
    String(errors.map((error) => (error as Error).cause)),
    /none of the 1 connections to the upstream was free within 100 ms: .*raise connections of the route's proxy/,
  );
  socket.destroy();
});

test("passes change an answer's head and body, however late they decide", async (t) => {
  const page = "<p>page</p>".repeat(1000);
  const port = await upstream(t, (req, res) => {
    res.writeHead(200, {
      "content-type": "text/html",
      "content-length": page.length,
      "set-cookie": ["a=1", "b=2"],
    });
    res.end(req.method === "HEAD" ? undefined : page);
  });
  const { port: front } = await gate(t, [port], {}, (x) => {
    x.responsePasses.push(async (head) => {
      await new Promise((resolve) => setTimeout(resolve, 5)); // long enough for the body to be there
      assert.deepEqual(head.headers.get("set-cookie"), ["a=1", "b=2"]);
      head.headers.set("cache-control", "private").set("set-cookie", ["a=1", "b=2", "vid=3"]);
      return {
        push: (chunk) => Buffer.from(String(chunk).toUpperCase()),
        end: () => Buffer.from("<!-- end -->"),
      };
    });
  });
  const text = await exchangeBytes(front, "GET / HTTP/1.0\r\n\r\n");
  assert.ok(text.endsWith(`\r\n\r\n${page.toUpperCase()}<!-- end -->`));
  assert.equal(text.match(/set-cookie: /g)?.length, 3);
  assert.match(text, /cache-control: private/);
  assert.doesNotMatch(text, /content-length/);
  const head = await exchangeBytes(front, "HEAD / HTTP/1.0\r\n\r\n");
  assert.match(head, /cache-control: private[\s\S]*\r\n\r\n$/);
});

test("what a pass keeps of one answer is untouched by the answers that come meanwhile", async (t) => {
  const first = signal();
  const kept = signal();
  const port = await upstream(t, async (req, res) => {
    if (req.url !== "/kept") {
      res.end("X".repeat(1000));
      return;
    }
    res.flushHeaders();
    await first.given;
    res.write("one");
    await kept.given;
    res.end("two");
  });
  const { port: front } = await gate(t, [port], {}, (x) => {
    if (x.path !== "/kept") return;
    const chunks: Buffer[] = [];
    x.responsePasses.push(() => ({
      push(chunk) {
        chunks.push(chunk);
        arrived.give();
        return Buffer.alloc(0);
      },
      end: () => Buffer.concat(chunks),
    }));
  });
  const arrived = signal();
  const headed = signal();
  const socket = await connectTo(front);
  let text = "";
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("data", (chunk) => {
    text += chunk;
    headed.give();
  });
  socket.write("GET /kept HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await headed.given;
  first.give();
  await arrived.given;
  assert.equal((await ask(front, "GET /other")).body.length, 1000);
  kept.give();
  await closed;
  assert.match(text, /\r\n6\r\nonetwo\r\n0\r\n\r\n$/);
});

test("a pass that fails gives 500, and the upstream's answer is not sent", async (t) => {
  const port = await upstream(t, (_req, res) => res.end("secret"));
  const { port: front, errors } = await gate(t, [port], {}, (x) => {
    x.responsePasses.push(() => Promise.reject(new Error("pass")));
  });
  const answer = await ask(front, "GET /");
  assert.deepEqual([answer.status, answer.body], [500, withId("internal error", answer)]);
  assert.match(String(errors[0] instanceof HttpError && errors[0].cause), /pass/);
});

test("a body pass that fails at the end cuts the connection", async (t) => {
  const port = await upstream(t, (_req, res) => res.end("half a page"));
  const { port: front } = await gate(t, [port], {}, (x) => {
    const end = () => {
      throw new Error("pass");
    };
    x.responsePasses.push(() => ({ push: (chunk) => chunk, end }));
  });
  const text = await exchangeBytes(front, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.doesNotMatch(text, /0\r\n\r\n$/, "nothing looks like a proper end");
});

test("many requests at once share the connections and each gets its own answer", async (t) => {
  const port = await upstream(t, (req, res) => void setImmediate(() => res.end(`<${req.url}>`)));
  const { port: front, errors } = await gate(t, [port], { connections: 4 });
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(front, `GET /${i}`)));
  for (const [i, answer] of answers.entries()) assert.ok(answer.body.includes(`</${i}>`), answer.text);
  assert.deepEqual(errors, []);
});
