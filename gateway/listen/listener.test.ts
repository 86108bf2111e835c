import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { requestId } from "../http/request-id.ts";
import { ask, connectTo, exchangeBytes } from "../http/test-server.ts";
import { parseCidrs } from "../lib/ip.ts";
import { testSite } from "../model/test-site.ts";
import { bind, parseAddress } from "./bind.ts";
import { createListener, type ListenerOptions } from "./listener.ts";

/** A listener on a free port, stopped at the end of the test, and the errors it reports. */
const start = async (t: TestContext, options: Partial<ListenerOptions>) => {
  const errors: unknown[] = [];
  const listener = createListener({
    address: "127.0.0.1:0",
    handler: (x) => void x.res.end("ok"),
    headerBytes: 8192,
    siteOf: (host) => (host.endsWith("unknown.example") ? null : testSite),
    isTrusted: () => false,
    clock: () => 1234,
    portHint: (address) => `use ${address}`,
    onError: (error) => errors.push(error),
    ...options,
  });
  const { port } = await listener.listen();
  t.after(() => listener.stop(0));
  return { listener, port, errors };
};

test("an exchange says what was asked, by whom, when, and of which site", async (t) => {
  const seen: Exchange[] = [];
  const { port } = await start(t, {
    handler: (x) => {
      seen.push(x);
      x.res.end();
    },
  });
  await ask(
    port,
    "GET /a%20b?c=d\nHost: Shop.Example:8080\nX-Forwarded-For: 6.6.6.6\nX-Forwarded-Proto: https",
  );
  const { path, query, host, secure, address, receivedAt, site } = seen[0] as Exchange;
  assert.deepEqual(
    { path, query, host, secure, address, receivedAt, site: site.id },
    {
      path: "/a%20b",
      query: "c=d",
      host: "shop.example",
      secure: false,
      address: "127.0.0.1",
      receivedAt: 1234,
      site: "main",
    },
  );
});

test("a trusted proxy in front says who the client is and how it came", async (t) => {
  const seen: (readonly [string, boolean])[] = [];
  const { port } = await start(t, {
    isTrusted: parseCidrs(["127.0.0.1"]),
    handler: (x) => {
      seen.push([x.address, x.secure]);
      x.res.end();
    },
  });
  await ask(port, "GET /\nX-Forwarded-For: 198.51.100.7\nX-Forwarded-Proto: https");
  await ask(port, "GET /\nX-Forwarded-For: 6.6.6.6, 198.51.100.7\nX-Forwarded-Proto: https, http");
  await ask(port, "GET /");
  assert.deepEqual(seen, [
    ["198.51.100.7", true],
    ["198.51.100.7", false],
    ["127.0.0.1", false],
  ]);
});

test("a host nobody configured gets 421 and one sentence", async (t) => {
  const { port, errors } = await start(t, {});
  const answer = await ask(port, "GET /\nHost: unknown.example");
  assert.deepEqual([answer.status, answer.body], [421, "unknown.example is not served here\n"]);
  assert.deepEqual(errors, []);
});

test("what a handler throws becomes an answer, at once or later; causes go to the log alone", async (t) => {
  const thrown: Record<string, unknown> = {
    "/refused": new HttpError(403, "not you"),
    "/caused": new HttpError(502, "no answer", { cause: new Error("10.0.0.7 refused") }),
    "/broken": new Error("secret detail"),
  };
  const { port, errors } = await start(t, {
    handler: (x) => {
      if (x.query === "later") return Promise.reject(thrown[x.path]);
      throw thrown[x.path];
    },
  });
  for (const query of ["", "?later"]) {
    const refused = await ask(port, `GET /refused${query}`);
    assert.deepEqual([refused.status, refused.body], [403, "not you\n"]);
    const caused = await ask(port, `GET /caused${query}`);
    assert.equal(caused.status, 502);
    assert.match(caused.body, /^no answer \(request [0-9a-z-]+\)\n$/);
    const broken = await ask(port, `GET /broken${query}`);
    assert.equal(broken.status, 500);
    assert.match(broken.body, /^internal error \(request [0-9a-z-]+\)\n$/);
  }
  assert.deepEqual(errors, [thrown["/caused"], thrown["/broken"], thrown["/caused"], thrown["/broken"]]);
});

test("the id on an error page is the one the log gets", async (t) => {
  const ids: string[] = [];
  const { port } = await start(t, {
    handler: () => {
      throw new Error("oops");
    },
    onError: (_error, x) => ids.push(x ? requestId(x) : ""),
  });
  const { body } = await ask(port, "GET /");
  assert.equal(body, `internal error (request ${ids[0]})\n`);
});

test("malformed and hostile requests are refused, and the next client is served", async (t) => {
  const { port, errors } = await start(t, {});
  const big = "x".repeat(20_000);
  const cases: readonly [name: string, bytes: string, status: number][] = [
    ["not HTTP", "hello\r\n\r\n", 400],
    ["TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    ["no version", "GET /\r\n\r\n", 505],
    ["HTTP/2 without its preface", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
    ["HTTP/3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 400],
    ["no Host (RFC 9112 §3.2)", "GET / HTTP/1.1\r\n\r\n", 400],
    ["two Hosts (RFC 9112 §3.2)", "GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", 400],
    ["a Host that is none", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
    ["another host in the target (RFC 9112 §3.2.2)", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["a space before the colon (RFC 9112 §5.1)", "GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", 400],
    ["folded header (RFC 9112 §5.2)", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400],
    ["bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400],
    ["NUL in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400],
    ["NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    [
      "length and chunks (RFC 9112 §6.1)",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    [
      "two lengths (RFC 9112 §6.3)",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      400,
    ],
    ["a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400],
    ["a length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400],
    ["chunked not last", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400],
    ["headers over the limit", `GET / HTTP/1.1\r\nHost: a\r\nX: ${big}\r\n\r\n`, 431],
    ["a target over the limit", `GET /${big} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ["a tunnel", "CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", 405],
    [
      "an unknown expectation",
      "GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nConnection: close\r\n\r\n",
      417,
    ],
  ];
  for (const [name, bytes, status] of cases) {
    const text = await exchangeBytes(port, Buffer.from(bytes, "latin1"));
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `), name);
    assert.equal(
      text.match(/HTTP\/1\.1 \d/g)?.length,
      1,
      `${name}: one answer, then the connection is closed`,
    );
  }
  const fine = await ask(port, "GET /");
  assert.equal(fine.status, 200);
  assert.deepEqual(errors, []);
});

test("bad chunks end the connection in the middle of a request", async (t) => {
  const { port } = await start(t, { handler: (x) => void x.req.resume() });
  const text = await exchangeBytes(
    port,
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  );
  assert.match(text, /^HTTP\/1\.1 400 /);
});

test("a parse error in the middle of an answer adds nothing to it", async (t) => {
  const { port } = await start(t, {
    handler: (x) => {
      x.res.writeHead(200, { "content-length": "10" });
      x.res.write("12345");
      x.req.resume();
    },
  });
  const text = await exchangeBytes(
    port,
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  );
  assert.doesNotMatch(text, / 400 /);
});

test("a server-wide OPTIONS is answered without a handler", async (t) => {
  const { port } = await start(t, {
    handler: () => {
      throw new Error("not for us");
    },
  });
  assert.equal((await ask(port, "OPTIONS *")).status, 204);
});

test("an HTTP/1.0 client needs no Host and gets its connection closed", async (t) => {
  const { port } = await start(t, { handler: (x) => void x.res.end(`host=${x.host}`) });
  const text = await exchangeBytes(port, "GET / HTTP/1.0\r\n\r\n");
  assert.match(text, /host=$/);
});

test("a body waits for 100 Continue", async (t) => {
  const { port } = await start(t, {
    handler: (x) => {
      x.req.pipe(x.res);
    },
  });
  const socket = await connectTo(port);
  socket.write(
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n",
  );
  const [first] = await new Promise<Buffer[]>((resolve) => socket.once("data", (chunk) => resolve([chunk])));
  assert.equal(String(first), "HTTP/1.1 100 Continue\r\n\r\n");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.write("body");
  await closed;
  assert.match(text, /200 OK[\s\S]*body/);
});

test("stopping refuses new connections, lets the running request finish, and closes idle ones", async (t) => {
  let release: () => void = () => {};
  let begin: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const { listener, port } = await start(t, {
    handler: (x) =>
      new Promise<void>((resolve) => {
        release = () => {
          x.res.end("finished");
          resolve();
        };
        begin();
      }),
  });
  const idle = (await connectTo(port)).resume();
  const idleClosed = new Promise((resolve) => idle.on("close", resolve));
  const running = exchangeBytes(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); // kept alive by the client
  await begun;
  const stopped = listener.stop(60_000);
  await idleClosed;
  await assert.rejects(connectTo(port), /ECONNREFUSED/);
  release();
  assert.match(await running, /finished/);
  await stopped;
});

test("stopping cuts what is still running after the grace", async (t) => {
  let begin: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const { listener, port } = await start(t, { handler: () => begin() });
  const running = exchangeBytes(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").catch(() => "");
  await begun;
  await listener.stop(0);
  assert.equal(await running, "");
});

test("stopping what never started is over at once", async () => {
  const listener = createListener({
    address: "127.0.0.1:0",
    handler: () => {},
    headerBytes: 8192,
    siteOf: () => null,
    isTrusted: () => false,
    clock: () => 0,
    portHint: String,
    onError: () => {},
  });
  await listener.stop(1000);
});

test("a port in use is refused with its holder and the option for another one", async (t) => {
  const { port } = await start(t, {});
  const second = start(t, {
    address: `127.0.0.1:${port}`,
    portHint: (free) => `start on another port with --http ${free}`,
  });
  const holder = existsSync("/proc/net/tcp") ? `by \\S.* \\(pid ${process.pid}\\)` : "by another program";
  const free = port + 10 > 65_535 ? port - 10 : port + 10;
  await assert.rejects(second, (error: Error) => {
    const sentence = `^listen: 127\\.0\\.0\\.1:${port} is in use ${holder}: start on another port with --http 127\\.0\\.0\\.1:${free}$`;
    assert.match(error.message, new RegExp(sentence));
    return true;
  });
});

test("an address of another machine is refused in words", async (t) => {
  await assert.rejects(start(t, { address: "192.0.2.1:0" }), {
    message: "listen: 192.0.2.1:0 is not an address of this machine",
  });
});

test("without a host all interfaces are opened", async (t) => {
  const { port } = await start(t, { address: ":0" });
  assert.equal((await ask(port, "GET /")).status, 200);
});

test("without IPv6 all IPv4 interfaces are opened", async () => {
  const server = createServer();
  const listen = server.listen.bind(server);
  const hosts: string[] = [];
  server.listen = ((options: { host: string; port: number }, done: () => void) => {
    hosts.push(options.host);
    if (options.host === "::") {
      server.emit("error", Object.assign(new Error("no IPv6"), { code: "EAFNOSUPPORT" }));
      return server;
    }
    return listen({ ...options, host: "127.0.0.1" }, done);
  }) as typeof server.listen;
  await bind(server, ":0", String);
  server.close();
  assert.deepEqual(hosts, ["::", "0.0.0.0"]);
});

test("an address is a host and a port, or every interface", () => {
  assert.deepEqual(parseAddress("127.0.0.1:80"), { host: "127.0.0.1", port: 80 });
  assert.deepEqual(parseAddress("[::1]:80"), { host: "::1", port: 80 });
  assert.deepEqual(parseAddress(":80"), { host: null, port: 80 });
  assert.deepEqual(parseAddress("80"), { host: null, port: 80 });
  assert.throws(() => parseAddress(":70000"), /70000 has no port between/);
});
