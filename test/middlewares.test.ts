/** What routes put in front of their answers, over real sockets: HTTP/1.1, HTTP/2, and requests for websockets. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { brotliDecompressSync, createGunzip, gunzipSync } from "node:zlib";
import { exchangeBytes } from "../gateway/http/test-server.ts";
import { hashPassword as hashDearly } from "../gateway/middleware/password-hash.ts";
import { ask } from "./ask.ts";
import { type LiveApp, startLiveApp } from "./live-app.ts";
import { startUpstream, type Upstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";

type Answering = Parameters<typeof startUpstream>[0];

const upstream = async (t: TestContext, answer: Answering): Promise<Upstream> => {
  const up = await startUpstream(answer);
  t.after(() => up.close());
  return up;
};

const live = async (t: TestContext, settings: object, files = {}): Promise<LiveApp> => {
  const app = await startLiveApp(settings, files);
  t.after(() => app.close());
  return app;
};

/** A gateway with one route to the upstream, and what stands before it. */
const front = (t: TestContext, up: Upstream, before: object, files = {}): Promise<LiveApp> =>
  live(t, { routes: [{ path: "/", proxy: { upstreams: [up.url] }, ...before }] }, files);

/** What the gateway says to a client that asks for a websocket. */
const askUpgrade = (port: number, fields: readonly string[] = []): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(
        `${[
          "GET /ws HTTP/1.1",
          "Host: shop.example",
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
          ...fields,
        ].join("\r\n")}\r\n\r\n`,
      ),
    );
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("101 Switching")) socket.destroy();
    });
    socket.on("close", () => resolve(text)).on("error", reject);
  });

/** A hash that costs a test little. */
const hashPassword = (password: string) => hashDearly(password, { ln: 10, r: 8, p: 1 });

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
});

test("basicAuth lets in who has the password, tells the upstream who it is, and nothing else", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("in"));
  const users = { ann: await hashPassword("straße"), bob: await hashPassword("b") };
  const app = await front(t, up, { basicAuth: { users, realm: "the shop", userHeader: "X-User" } });

  const unknown = await ask(app.url);
  assert.equal(unknown.status, 401);
  assert.equal(unknown.headers["www-authenticate"], 'Basic realm="the shop", charset="UTF-8"');
  for (const [name, password] of [
    ["ann", "wrong"],
    ["ann", "b"],
    ["eve", "straße"],
    ["", ""],
  ] as const) {
    const { status } = await ask(app.url, { headers: basic(name, password) });
    assert.equal(status, 401, `${name}:${password}`);
  }
  assert.equal(up.asked.length, 0);
  // The second is answered from what is remembered; a client's own header does not get through.
  for (let i = 0; i < 2; i++) {
    const right = await ask(app.url, { headers: { ...basic("ann", "straße"), "x-user": "admin" } });
    assert.equal(right.text, "in");
    assert.equal(up.asked[i]?.headers["x-user"], "ann");
    assert.equal(up.asked[i]?.headers.authorization, undefined);
  }
  assert.match(await askUpgrade(app.port), /^HTTP\/1\.1 401 [\s\S]*www-authenticate: Basic/);
});

test("basicAuth with passOn leaves the header to the upstream", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("in"));
  const app = await front(t, up, { basicAuth: { users: { ann: await hashPassword("a") }, passOn: true } });
  await ask(app.url, { headers: basic("ann", "a") });
  assert.equal(up.asked[0]?.headers.authorization, basic("ann", "a").authorization);
});

test("forwardAuth copies what the server says of the client, whose own words are taken out", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("in"));
  const judge = await upstream(t, (_req, res) =>
    res.writeHead(200, { "x-forwarded-user": "ann", "x-secret": "kept" }).end("ignored"),
  );
  const app = await front(t, up, {
    forwardAuth: { url: `${judge.url}/check?a=1`, copyHeaders: ["X-Forwarded-User", "X-Groups"] },
  });
  const answer = await ask(`${app.url}/cart?b=2`, {
    method: "POST",
    body: "the body",
    headers: { "x-groups": "admin", "x-forwarded-user": "root", "x-forwarded-method": "GET", cookie: "a=b" },
  });
  assert.equal(answer.text, "in");
  const [asked] = judge.asked;
  assert.equal(`${asked?.method} ${asked?.url}`, "GET /check?a=1");
  assert.equal(asked?.headers["x-forwarded-method"], "POST");
  assert.equal(asked?.headers["x-forwarded-uri"], "/cart?b=2");
  assert.equal(asked?.headers["x-forwarded-host"], new URL(app.url).host);
  assert.equal(asked?.headers["x-forwarded-for"], "127.0.0.1");
  assert.equal(asked?.headers.host, new URL(judge.url).host);
  assert.equal(asked?.headers.cookie, "a=b");
  assert.equal(asked?.headers["content-length"], undefined);
  assert.equal(up.asked[0]?.headers["x-forwarded-user"], "ann");
  assert.equal(up.asked[0]?.headers["x-groups"], undefined);
  assert.equal(up.asked[0]?.headers["x-secret"], undefined);
  assert.equal(up.asked[0]?.headers["x-forwarded-method"], undefined);
});

test("a websocket that may come in reaches the upstream, with what the guards say of it", async (t) => {
  const server = createServer();
  const asked: IncomingMessage[] = [];
  server.on("upgrade", (req: IncomingMessage, socket) => {
    asked.push(req);
    socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => void server.close());
  const { port } = server.address() as AddressInfo; // listening on TCP
  const judge = await upstream(t, (_req, res) => res.writeHead(204, { "x-groups": "staff" }).end());
  const routes = [
    {
      path: "/",
      proxy: { upstreams: [`http://127.0.0.1:${port}`] },
      basicAuth: { users: { ann: await hashPassword("a") }, userHeader: "X-User" },
      forwardAuth: { url: judge.url, copyHeaders: ["X-Groups"] },
    },
  ];
  const app = await live(t, { routes });
  const fields = [`Authorization: ${basic("ann", "a").authorization}`, "X-Groups: admin", "X-User: root"];
  assert.match(await askUpgrade(app.port, fields), /^HTTP\/1\.1 101 /);
  const [{ headers } = assert.fail("nobody asked the upstream")] = asked;
  assert.deepEqual(
    [headers["x-user"], headers["x-groups"], headers.authorization],
    ["ann", "staff", undefined],
  );
  assert.match(await askUpgrade(app.port), /^HTTP\/1\.1 401 /);
  assert.equal(asked.length, 1);
});

test("forwardAuth gives the client any other answer as it is, for websockets too", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("in"));
  const judge = await upstream(t, (_req, res) =>
    res.writeHead(302, { location: "https://login.example/", "set-cookie": ["a=1", "b=2"] }).end("log in"),
  );
  const app = await front(t, up, { forwardAuth: { url: judge.url } });
  const answer = await ask(app.url, { headers: { "if-none-match": '"x"', range: "bytes=0-1" } });
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, "https://login.example/");
  assert.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
  assert.equal(answer.text, "log in");
  assert.equal(judge.asked[0]?.headers["if-none-match"], undefined);
  assert.equal(judge.asked[0]?.headers.range, undefined);
  assert.match(await askUpgrade(app.port), /^HTTP\/1\.1 302 [\s\S]*location: https:\/\/login\.example\//);
  assert.equal(up.asked.length, 0);
});

test("forwardAuth lets nobody in while its server fails, hangs or says too much", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("in"));
  const cases: readonly [name: string, answer: Answering | null][] = [
    ["nobody listens", null],
    ["it hangs", () => {}],
    ["it hangs up", (req) => req.socket.destroy()],
    ["it never ends", (_req, res) => void res.writeHead(200).write("x")],
    ["it says too much", (_req, res) => res.end(Buffer.alloc(2 * 1024 * 1024))],
  ];
  for (const [name, answer] of cases) {
    const judge = answer && (await upstream(t, answer));
    const url = judge?.url ?? "http://127.0.0.1:9";
    const app = await front(t, up, { forwardAuth: { url, timeoutMs: 300 } });
    assert.equal((await ask(app.url)).status, 503, name);
    assert.match(await askUpgrade(app.port), /^HTTP\/1\.1 503 /, name);
  }
  assert.equal(up.asked.length, 0);
});

test("allow and deny look at the address that the trusted proxies give", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("in"));
  const cases: readonly [before: object, from: string, status: number][] = [
    [{ allow: ["10.0.0.0/8"] }, "10.1.2.3", 200],
    [{ allow: ["10.0.0.0/8"] }, "11.1.2.3", 403],
    [{ deny: ["10.0.0.0/8"] }, "10.1.2.3", 403],
    [{ deny: ["10.0.0.0/8"] }, "11.1.2.3", 200],
    [{ allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] }, "10.1.2.3", 403],
    [{ allow: ["2001:db8::/32"] }, "2001:db8::1", 200],
    [{ allow: ["2001:db8::/32"] }, "::ffff:10.0.0.1", 403],
  ];
  for (const [before, from, status] of cases) {
    const routes = [{ path: "/", proxy: { upstreams: [up.url] }, ...before }];
    const app = await live(t, { trustedProxies: ["127.0.0.1"], routes });
    const headers = { "x-forwarded-for": from };
    assert.equal((await ask(app.url, { headers })).status, status, `${JSON.stringify(before)} ${from}`);
    const upgrade = await askUpgrade(app.port, [`X-Forwarded-For: ${from}`]);
    assert.equal(
      /^HTTP\/1\.1 403 /.test(upgrade),
      status === 403,
      `${JSON.stringify(before)} ${from}, websocket`,
    );
  }
  // A client that nobody vouches for cannot say where it comes from.
  const app = await front(t, up, { allow: ["10.0.0.0/8"] });
  assert.equal((await ask(app.url, { headers: { "x-forwarded-for": "10.1.2.3" } })).status, 403);
});

test("redirects fill in what the pattern matched, and lead to no other host", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("answer"));
  const app = await front(t, up, {
    redirect: [
      { pattern: "^/old/(.*)$", to: "/new/$1", status: 301 },
      { pattern: "^/go(/.*)$", to: "/to$1", status: 308 },
      { pattern: "^/open(.*)$", to: "/$1" },
      { pattern: "^/www(.*)$", to: "https://shop.example$1", status: 307 },
      { pattern: "^/fixed$", to: "https://shop.example/a?b=c" },
    ],
  });
  const cases: readonly [path: string, status: number, location: string | undefined][] = [
    ["/old/a%20b?c=d", 301, "/new/a%20b?c=d"],
    ["/go/x", 308, "/to/x"],
    ["/fixed?x=1", 302, "https://shop.example/a?b=c"],
    ["/www/a?b", 307, "https://shop.example/a?b"],
    ["/www.evil.example/", 400, undefined],
    ["/www@evil.example/", 400, undefined],
    ["/open/evil.example", 400, undefined],
    ["/open", 302, "/"],
    ["/other", 200, undefined],
  ];
  for (const [path, status, location] of cases) {
    const answer = await ask(app.url + path);
    assert.equal(answer.status, status, path);
    assert.equal(answer.headers.location, location, path);
  }
  assert.match(await askUpgrade(app.port), /^HTTP\/1\.1 200 /);
});

test("a route may answer by itself, and a request's body does not disturb it", async (t) => {
  const app = await live(t, {
    routes: [
      {
        path: "/robots.txt",
        respond: { body: "User-agent: *\n", headers: { "Cache-Control": "max-age=60" } },
      },
      { path: "/gone", respond: { status: 410 } },
      { path: "/empty", respond: { status: 204, body: "not sent" } },
      { path: "/moved", redirect: [{ pattern: "^/moved$", to: "/robots.txt" }] },
    ],
  });
  const robots = await ask(`${app.url}/robots.txt`, { method: "POST", body: "x".repeat(100_000) });
  assert.equal(robots.text, "User-agent: *\n");
  assert.equal(robots.headers["content-type"], "text/plain; charset=utf-8");
  assert.equal(robots.headers["cache-control"], "max-age=60");
  const head = await ask(`${app.url}/robots.txt`, { method: "HEAD" });
  assert.equal(head.headers["content-length"], "14");
  assert.equal(head.text, "");
  assert.equal((await ask(`${app.url}/gone`)).status, 410);
  assert.equal((await ask(`${app.url}/empty`)).text, "");
  assert.equal((await ask(`${app.url}/moved`)).status, 302);
  assert.equal((await ask(`${app.url}/moved/not`)).status, 404);
});

test("a mirror gets a copy of every request, and its failing or hanging changes nothing", async (t) => {
  const up = await upstream(t, (req, res) => void req.resume().on("end", () => res.end("real")));
  const bodies: string[] = [];
  const copy = await upstream(t, (req, res) => {
    let text = "";
    req.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    req.on("end", () => {
      bodies.push(text);
      if (req.url === "/hang") return;
      if (req.url === "/cut") req.socket.destroy();
      else res.writeHead(500).end(Buffer.alloc(5_000_000));
    });
  });
  const app = await front(t, up, { mirror: { upstream: copy.url, bodyBytes: 1000 } });
  for (const path of ["/a?b=c", "/hang", "/cut", "/d"]) {
    assert.equal((await ask(app.url + path)).text, "real");
  }
  assert.equal((await ask(`${app.url}/post`, { method: "POST", body: "hello" })).text, "real");
  assert.equal(
    (await ask(`${app.url}/chunks`, { method: "PUT", body: "in chunks", chunked: true })).text,
    "real",
  );
  assert.equal((await ask(`${app.url}/large`, { method: "POST", body: "x".repeat(1001) })).text, "real");
  assert.equal((await ask(`${app.url}/last`)).text, "real");
  const seen = await waitFor(
    () => copy.asked.length >= 7 && copy.asked.map(({ method, url }) => `${method} ${url}`),
    "the copies",
  );
  assert.deepEqual(
    [...seen].sort(),
    ["GET /a?b=c", "GET /cut", "GET /d", "GET /hang", "GET /last", "POST /post", "PUT /chunks"].sort(),
  );
  await waitFor(() => bodies.includes("hello") && bodies.includes("in chunks"), "the bodies of the copies");
});

test("a mirror that nobody listens behind, or of no share, copies nothing and costs nothing", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("real"));
  const copy = await upstream(t, (_req, res) => res.end());
  for (const mirror of [{ upstream: "http://127.0.0.1:9" }, { upstream: copy.url, percent: 0 }]) {
    const app = await front(t, up, { mirror });
    assert.equal((await ask(app.url)).text, "real");
  }
  assert.equal(copy.asked.length, 0);
});

test("proxied text is compressed for who takes it, and says so", async (t) => {
  const page = "<p>the same words again and again</p>".repeat(100);
  const up = await upstream(t, (req, res) => {
    const [, type = "html", cache = ""] = (req.url ?? "").split("/");
    const types: Record<string, string> = {
      html: "text/html; charset=utf-8",
      png: "image/png",
      json: "application/json",
    };
    res.setHeader("content-type", types[type] ?? "text/plain");
    if (cache !== "") res.setHeader("cache-control", cache);
    if (type === "done") res.setHeader("content-encoding", "gzip");
    const short = type === "short";
    const body = short ? "short" : page;
    res.setHeader("etag", '"v1"');
    res.setHeader("accept-ranges", "bytes");
    if (req.headers["if-none-match"] !== undefined) {
      res.writeHead(304).end();
      return;
    }
    if (req.headers.range !== undefined) {
      res.writeHead(206, { "content-range": `bytes 0-9/${page.length}` }).end(page.slice(0, 10));
      return;
    }
    res.setHeader("content-length", body.length);
    res.end(body);
  });
  const app = await front(t, up, { compress: true });
  const br = { "accept-encoding": "gzip, br" };

  const packed = await ask(`${app.url}/html`, { headers: br });
  assert.equal(packed.headers["content-encoding"], "br");
  assert.equal(packed.headers.vary, "Accept-Encoding");
  assert.equal(packed.headers.etag, 'W/"v1"');
  assert.equal(packed.headers["accept-ranges"], undefined);
  assert.equal(brotliDecompressSync(packed.body).toString(), page);
  const zipped = await ask(`${app.url}/json`, { headers: { "accept-encoding": "gzip" } });
  assert.equal(gunzipSync(zipped.body).toString(), page);

  const head = await ask(`${app.url}/html`, { method: "HEAD", headers: br });
  assert.deepEqual(
    [head.headers["content-encoding"], head.headers.etag, head.headers["content-length"]],
    ["br", 'W/"v1"', undefined],
  );
  const known = await ask(`${app.url}/html`, { headers: { ...br, "if-none-match": 'W/"v1"' } });
  assert.deepEqual([known.status, known.headers.etag], [304, 'W/"v1"']);
  const other = await ask(`${app.url}/html`, { headers: { "if-none-match": '"v1"' } });
  assert.deepEqual([other.status, other.headers.etag], [304, '"v1"']);

  const plain: readonly [what: string, path: string, headers: Record<string, string>][] = [
    ["nobody asked for it", "/html", {}],
    ["identity is preferred", "/html", { "accept-encoding": "identity, gzip;q=0.5" }],
    ["an image", "/png", br],
    ["already coded", "/done", br],
    ["no-transform", "/html/no-transform", br],
    ["too short", "/short", br],
    ["a range", "/html", { ...br, range: "bytes=0-9" }],
  ];
  for (const [what, path, headers] of plain) {
    const answer = await ask(app.url + path, { headers });
    assert.equal(answer.headers.etag, '"v1"', what);
    assert.notEqual(answer.headers["content-encoding"], "br", what);
    assert.equal(
      answer.text,
      path === "/short" ? "short" : headers["range"] ? page.slice(0, 10) : page,
      what,
    );
  }
  assert.equal((await ask(`${app.url}/html`)).headers.vary, "Accept-Encoding");
});

test("a stream of events is compressed piece by piece, none of which waits for the next", async (t) => {
  let send = (_text: string): void => {};
  const up = await upstream(t, (_req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.flushHeaders();
    send = (text) => void res.write(text);
  });
  const app = await front(t, up, { compress: true });
  let text = "";
  const req = get(app.url, { headers: { "accept-encoding": "gzip" } }, (res) => {
    res
      .pipe(createGunzip())
      .on("data", (chunk: Buffer) => {
        text += chunk.toString();
      })
      .on("error", () => {});
  });
  req.on("error", () => {});
  await waitFor(() => up.asked.length === 1, "the request");
  for (const event of ["data: one\n\n", "data: two\n\n", "data: three\n\n"]) {
    send(event);
    await waitFor(() => text.endsWith(event), event);
  }
  req.destroy();
});

/** An upstream that promises much, sends as much of a page as the path says, and dies. */
const dying = async (t: TestContext): Promise<string> => {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes) => {
      const size = Number(/^GET \/(\d+)/.exec(bytes.toString("latin1"))?.[1]);
      // A comment that does not end: until it does, nobody knows where the script goes.
      const page = `<!-- ${randomBytes(size / 2).toString("hex")}`;
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9000000\r\n\r\n${page}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

/** What comes of a request over HTTP/2: its status, null where there was none, and whether it was reset. */
const askHttp2 = async (t: TestContext, port: number, headers: object) => {
  const session = connectHttp2(`https://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    servername: "localhost",
  });
  t.after(() => session.destroy());
  const stream = session.request({ ":authority": "localhost", ...headers });
  let status: number | null = null;
  let body = "";
  stream.on("response", (head) => {
    status = head[":status"] ?? null;
  });
  stream.setEncoding("latin1").on("data", (text: string) => {
    body += text;
  });
  stream.on("error", () => {});
  await new Promise((resolve) => stream.once("close", resolve));
  return { status, body, isWhole: stream.rstCode === 0 };
};

test("an upstream that dies before anything of its page went out is a 502, and cuts the answer after that", async (t) => {
  const up = await dying(t);
  const app = await live(t, {
    tls: "local",
    routes: [
      { path: "/", proxy: { upstreams: [up] }, compress: true },
      { path: "/2000/page", proxy: { upstreams: [up] }, inject: true },
    ],
  });
  for (const coding of ["br", "gzip"]) {
    const fields = `Host: localhost\r\nAccept-Encoding: ${coding}\r\nAccept: text/html`;
    for (const path of ["/2000", "/2000/page"]) {
      for (const more of ["", "\r\nTE: trailers", "\r\nContent-Length: 0"]) {
        const answer = await exchangeBytes(
          app.port,
          `GET ${path} HTTP/1.1\r\n${fields}${more}\r\n\r\n`,
          ")\n",
        );
        assert.match(answer, /^HTTP\/1\.1 502 [\s\S]*can be read \(request \S+\)\n$/, `${path} ${more}`);
        assert.doesNotMatch(answer, /content-encoding/i);
      }
      const asked = { ":path": path, "accept-encoding": coding, accept: "text/html" };
      const { status, body, isWhole } = await askHttp2(t, app.securePort, asked);
      assert.deepEqual([status, isWhole], [502, true]);
      assert.match(body, /can be read \(request \S+\)\n$/);
    }
    const path = "/4000000";
    const answer = await exchangeBytes(app.port, `GET ${path} HTTP/1.1\r\n${fields}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*Transfer-Encoding: chunked/i);
    assert.doesNotMatch(answer, /\r\n0\r\n\r\n$/, "it must not look whole");
    const cut = await askHttp2(t, app.securePort, { ":path": path, "accept-encoding": coding });
    assert.deepEqual([cut.status, cut.isWhole], [200, false]);
  }
});

test("what is large is compressed at the pace of a slow client, over HTTP/1.1 and HTTP/2", async (t) => {
  const size = 8 * 1024 * 1024;
  const piece = Buffer.from("abcdefghijklmnopqrstuvwxyz 0123456789\n".repeat(1700));
  const up = await upstream(t, (_req, res) => {
    res.writeHead(200, { "content-type": "text/plain" });
    let left = size;
    const fill = (): void => {
      while (left > 0) {
        const part = piece.subarray(0, Math.min(left, piece.length));
        left -= part.length;
        if (!res.write(part)) {
          res.once("drain", fill);
          return;
        }
      }
      res.end();
    };
    fill();
  });
  const app = await live(t, {
    tls: "local",
    routes: [{ path: "/", proxy: { upstreams: [up.url] }, compress: true }],
  });
  const answer = await ask(app.url, { headers: { "accept-encoding": "gzip" } });
  assert.equal(gunzipSync(answer.body).length, size);

  const session = connectHttp2(`https://127.0.0.1:${app.securePort}`, {
    rejectUnauthorized: false,
    servername: "localhost",
  });
  t.after(() => session.destroy());
  const stream = session.request({ ":path": "/", ":authority": "localhost", "accept-encoding": "br" });
  const chunks: Buffer[] = [];
  let coding: unknown;
  stream.on("response", (headers) => {
    coding = headers["content-encoding"];
  });
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  assert.equal(coding, "br");
  assert.equal(brotliDecompressSync(Buffer.concat(chunks)).length, size);
});

test("a client that takes nothing stops the upstream, compressed or not", async (t) => {
  let sent = 0;
  const up = await upstream(t, (_req, res) => {
    res.writeHead(200, { "content-type": "text/plain" });
    const fill = (): void => {
      while (sent < 256 * 1024 * 1024) {
        const piece = randomBytes(48 * 1024).toString("base64");
        sent += piece.length;
        if (!res.write(piece)) {
          res.once("drain", fill);
          return;
        }
      }
      res.end();
    };
    fill();
  });
  const app = await front(t, up, { compress: true });
  const socket = connect(app.port, "127.0.0.1", () =>
    socket.write("GET / HTTP/1.1\r\nHost: shop.example\r\nAccept-Encoding: gzip\r\n\r\n"),
  );
  t.after(() => socket.destroy());
  socket.pause();
  // It has stopped when nothing more has gone out for fifty looks; on a slow machine that comes early, which harms nothing.
  let still = 0;
  let before = -1;
  await waitFor(() => {
    still = sent > 0 && sent === before ? still + 1 : 0;
    before = sent;
    return still >= 50;
  }, "the upstream to stop");
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes`);
});

test("a page that is put together for a visitor is compressed after the script is in it", async (t) => {
  const page = `<html><head></head><body>${"<p>words</p>".repeat(300)}</body></html>`;
  const up = await upstream(t, (_req, res) =>
    res.writeHead(200, { "content-type": "text/html", etag: '"v1"' }).end(page),
  );
  const app = await front(t, up, { inject: true, compress: true });
  const answer = await ask(app.url, { headers: { "accept-encoding": "br" } });
  assert.match(brotliDecompressSync(answer.body).toString(), /<script src="\/track\.js"/);
  assert.match(String(answer.headers.etag), /^W\/"/);
  const again = await ask(app.url, {
    headers: {
      "accept-encoding": "br",
      "if-none-match": String(answer.headers.etag),
      cookie: cookieOf(answer),
    },
  });
  assert.equal(again.status, 304);
  assert.equal(again.headers.etag, answer.headers.etag);
});

const cookieOf = ({ cookies }: Awaited<ReturnType<typeof ask>>): string =>
  [...cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");

test("a sticky cookie keeps a browser at its upstream, and another answers when that one is down", async (t) => {
  const ups = await Promise.all(["a", "b", "c"].map((name) => upstream(t, (_req, res) => res.end(name))));
  const proxy = { upstreams: ups.map(({ url }) => url), sticky: {}, failures: 1 };
  const app = await live(t, { routes: [{ path: "/", proxy }] });
  const first = await ask(app.url);
  const [[name, cookie] = ["", undefined]] = [...first.cookies];
  assert.ok(cookie);
  assert.match(name, /^tp_up_[0-9a-f]{6}$/);
  assert.ok(cookie.attributes.has("httponly"));
  assert.equal(cookie.attributes.get("samesite"), "Lax");
  assert.equal(first.headers["cache-control"], "private, no-cache");
  assert.equal(first.headers.vary, "Cookie");
  const headers = { cookie: `theme=dark; ${name}=${cookie.value}` };
  for (let i = 0; i < 6; i++) {
    const again = await ask(app.url, { headers });
    assert.equal(again.text, first.text);
    assert.equal(again.cookies.size, 0);
    assert.equal(again.headers["cache-control"], undefined);
  }
  const mine = ups["abc".indexOf(first.text)];
  assert.equal(mine?.asked.at(-1)?.headers.cookie, "theme=dark");
  await mine?.close();
  await ask(app.url, { headers });
  const moved = await ask(app.url, { headers });
  assert.notEqual(moved.text, first.text);
  assert.notEqual(moved.cookies.get(name)?.value, cookie.value);
  // Nobody can make up one that names an upstream of his choice.
  const forged = await ask(app.url, { headers: { cookie: `${name}=${"A".repeat(22)}` } });
  assert.equal(forged.cookies.size, 1);
});

test("a browser stays at its upstream when a reload adds one, and leaves it when a reload takes it away", async (t) => {
  const ups = await Promise.all(["a", "b", "c"].map((name) => upstream(t, (_req, res) => res.end(name))));
  const settings = (names: string) => ({
    routes: [
      {
        path: "/",
        proxy: {
          upstreams: ups.filter((_, i) => names.includes("abc"[i] ?? "")).map(({ url }) => url),
          sticky: {},
        },
      },
    ],
  });
  const app = await live(t, settings("ab"));
  const browsers = await Promise.all([1, 2].map(() => ask(app.url)));
  assert.deepEqual(browsers.map(({ text }) => text).sort(), ["a", "b"]);
  app.apply(settings("abc"));
  for (const before of browsers) {
    const cookie = cookieOf(before);
    const after = await ask(app.url, { headers: { cookie } });
    assert.equal(after.text, before.text);
    assert.equal(after.cookies.size, 1, "the cookie of these upstreams");
    for (let i = 0; i < 3; i++) {
      const again = await ask(app.url, { headers: { cookie: `${cookie}; ${cookieOf(after)}` } });
      assert.deepEqual([again.text, again.cookies.size], [before.text, 0]);
    }
    const quiet = await ask(app.url, { headers: { cookie, "sec-gpc": "1" } });
    assert.deepEqual([quiet.text, quiet.cookies.size], [before.text, 0]);
  }
  const gone = browsers.find(({ text }) => text === "a");
  assert.ok(gone);
  app.apply(settings("bc"));
  const moved = await ask(app.url, { headers: { cookie: cookieOf(gone) } });
  assert.match(moved.text, /^[bc]$/);
  const again = await ask(app.url, { headers: { cookie: `${cookieOf(gone)}; ${cookieOf(moved)}` } });
  assert.deepEqual([again.text, again.cookies.size], [moved.text, 0]);
});

test("a sticky cookie is not set on what caches share, nor for who takes none", async (t) => {
  const ups = await Promise.all(
    ["a", "b", "c"].map((name) =>
      upstream(t, (req, res) => {
        if (req.url === "/shared") res.setHeader("cache-control", "public, max-age=60");
        if (req.url === "/edge") res.setHeader("cdn-cache-control", "max-age=60");
        if (req.url === "/strict") res.setHeader("cache-control", "no-store, no-transform");
        res.end(name);
      }),
    ),
  );
  const proxy = { upstreams: ups.map(({ url }) => url), sticky: { cookie: "where", maxAgeSeconds: 60 } };
  const app = await live(t, { routes: [{ path: "/", proxy }] });
  const shared = await ask(`${app.url}/shared`);
  assert.equal(shared.cookies.size, 0);
  assert.equal(shared.headers["cache-control"], "public, max-age=60");
  const edge = await ask(`${app.url}/edge`);
  assert.deepEqual([edge.cookies.size, edge.headers["cache-control"]], [0, undefined]);
  const strict = await ask(`${app.url}/strict`);
  assert.deepEqual(
    [strict.cookies.size, strict.headers["cache-control"]],
    [1, "private, no-cache, no-store, no-transform"],
  );
  const private_ = await Promise.all([1, 2, 3, 4].map(() => ask(app.url, { headers: { "sec-gpc": "1" } })));
  assert.equal(new Set(private_.map(({ text }) => text)).size, 1);
  assert.ok(private_.every(({ cookies }) => cookies.size === 0));
  const kept = await ask(app.url);
  assert.equal(kept.cookies.get("where")?.attributes.get("max-age"), "60");
});

test("error pages stand in the place of refusals, and are read again when they change", async (t) => {
  const up = await upstream(t, (req, res) =>
    res.writeHead(req.url === "/own" ? 503 : 200, { "content-md5": "of that" }).end("the upstream's own"),
  );
  const files = { "502.html": "<h1>back soon</h1>", "404.txt": "not here", "site.html": "<h1>no</h1>" };
  const app = await live(
    t,
    {
      sites: [
        { id: "main", errorPages: { "403": "./site.html", "404": "./site.html", "429": "./site.html" } },
      ],
      routes: [
        {
          path: "/down",
          proxy: { upstreams: ["http://127.0.0.1:9"], tries: 1 },
          errorPages: { "502": "./502.html" },
        },
        { path: "/up", proxy: { upstreams: [up.url] }, errorPages: { "503": "./502.html" } },
        {
          path: "/own",
          proxy: { upstreams: [up.url] },
          errorPages: { "503": "./502.html" },
          interceptErrors: true,
        },
        { path: "/closed", proxy: { upstreams: [up.url] }, deny: ["127.0.0.1"] },
        { path: "/files", static: { dir: ".", notFound: null }, errorPages: { "404": "./404.txt" } },
      ],
    },
    files,
  );
  const cases: readonly [path: string, status: number, type: string, text: RegExp][] = [
    ["/down", 502, "text/html; charset=utf-8", /back soon/],
    ["/closed", 403, "text/html; charset=utf-8", /<h1>no/],
    ["/nowhere", 404, "text/html; charset=utf-8", /<h1>no/],
    ["/files/none", 404, "text/plain; charset=utf-8", /not here/],
    ["/own", 503, "text/html; charset=utf-8", /back soon/],
  ];
  for (const [path, status, type, text] of cases) {
    const answer = await ask(app.url + path);
    assert.deepEqual([answer.status, answer.headers["content-type"]], [status, type], path);
    assert.match(answer.text, text, path);
  }
  const head = await ask(`${app.url}/own`, { method: "HEAD" });
  assert.deepEqual([head.status, head.text, head.headers["content-md5"]], [503, "", undefined]);

  writeFileSync(join(app.folder, "502.html"), "another page, longer than the one before");
  await waitFor(async () => (await ask(`${app.url}/down`)).text.startsWith("another"), "the new page");
  rmSync(join(app.folder, "502.html"));
  await waitFor(
    async () => (await ask(`${app.url}/down`)).text.includes("cannot be reached"),
    "the plain sentence",
  );
  assert.ok(app.told.some((sentence) => sentence.includes("502.html is not there")));
});

test("a page says the request's id where it asks for it, in our own refusals and in the upstream's", async (t) => {
  const up = await upstream(t, (_req, res) =>
    res.writeHead(503, { "cache-control": "max-age=60", "x-request-id": "theirs" }).end("theirs"),
  );
  const pages = { errorPages: { "502": "./page.html", "503": "./page.html", "404": "./page.html" } };
  const app = await live(
    t,
    {
      routes: [
        { path: "/down", proxy: { upstreams: ["http://127.0.0.1:9"] }, ...pages },
        { path: "/own", proxy: { upstreams: [up.url] }, interceptErrors: true, ...pages },
        { path: "/files", static: { dir: ".", notFound: null }, ...pages },
      ],
    },
    { "page.html": "<p>café, {{requestId}}, {{requestId}}</p>" },
  );
  const ids = new Set<string>();
  for (const [path, status] of [
    ["/down", 502],
    ["/own", 503],
    ["/files/none", 404],
  ] as const) {
    const answer = await ask(app.url + path);
    const id = String(answer.headers["x-request-id"]);
    assert.match(id, /^[0-9a-f]{16}-\w+$/, path);
    assert.deepEqual([answer.status, answer.text], [status, `<p>café, ${id}, ${id}</p>`], path);
    assert.equal(answer.headers["cache-control"], "no-store", path);
    ids.add(id);
  }
  assert.equal(ids.size, 3);
});

test("an error page of the site stands in the place of a limit's refusal as well", async (t) => {
  const sites = [{ id: "main", errorPages: { "429": "./site.html" } }];
  const routes = [{ path: "/", respond: { body: "in" } }];
  const app = await live(
    t,
    { sites, routes, limits: { requests: 1, exempt: [] } },
    { "site.html": "<h1>no</h1>" },
  );
  await ask(app.url);
  const limited = await ask(app.url);
  assert.deepEqual([limited.status, limited.text], [429, "<h1>no</h1>"]);
  assert.ok(limited.headers["retry-after"]);
});

test("what stands before a route at the collect path counts, and the lane of plain hits leaves it alone", async (t) => {
  const app = await live(t, {
    routes: [{ path: "/tr/v1/", respond: { body: "closed" }, deny: ["127.0.0.1"] }],
  });
  const answer = await ask(`${app.url}/tr/v1/event`, { method: "POST", body: "{}" });
  assert.equal(answer.status, 403);
});

test("guards stand before files and answers of a route's own as before upstreams, over HTTP/2 too", async (t) => {
  const users = { ann: await hashPassword("a") };
  const app = await live(
    t,
    {
      tls: "local",
      routes: [
        { path: "/files", static: { dir: ".", strip: true }, basicAuth: { users } },
        { path: "/own", respond: { body: "in" }, basicAuth: { users } },
      ],
    },
    { "a.txt": "in" },
  );
  const session = connectHttp2(`https://127.0.0.1:${app.securePort}`, {
    rejectUnauthorized: false,
    servername: "localhost",
  });
  t.after(() => session.destroy());
  const over2 = async (path: string, headers = {}): Promise<readonly [unknown, string]> => {
    const stream = session.request({ ":path": path, ":authority": "localhost", ...headers });
    let status: unknown;
    stream.on("response", (head) => {
      status = head[":status"];
    });
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    return [status, text];
  };
  for (const path of ["/files/a.txt", "/own"]) {
    assert.equal((await ask(app.url + path)).status, 401, path);
    assert.equal((await ask(app.url + path, { headers: basic("ann", "a") })).text, "in", path);
    assert.equal((await over2(path))[0], 401, path);
    assert.deepEqual(await over2(path, basic("ann", "a")), [200, "in"], path);
  }
});

test("who may come in is asked before anything else is told", async (t) => {
  const users = { ann: await hashPassword("a") };
  const judge = await upstream(t, (_req, res) => res.writeHead(403).end("judged"));
  const everything = {
    basicAuth: { users },
    forwardAuth: { url: judge.url },
    redirect: [{ pattern: "^/", to: "/secret-place" }],
    respond: { body: "in" },
  };
  const app = await live(t, {
    trustedProxies: ["127.0.0.1"],
    routes: [{ path: "/", ...everything, deny: ["10.0.0.1"] }],
  });
  const denied = { ...basic("ann", "a"), "x-forwarded-for": "10.0.0.1" };
  assert.match((await ask(`${app.url}/x`, { headers: denied })).text, /address/);
  assert.equal((await ask(`${app.url}/x`)).status, 401);
  assert.equal(judge.asked.length, 0);
  assert.equal((await ask(`${app.url}/x`, { headers: basic("ann", "a") })).text, "judged");
});
