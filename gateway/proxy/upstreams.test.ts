/** What the settings can say of upstreams: other addresses, other paths, other headers, second tries, health. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ask, exchangeBytes, serve } from "../http/test-server.ts";
import { createProxy } from "./proxy.ts";
import { proxySettings } from "./settings.ts";
import { createStandings } from "./standings.ts";
import { createTunnels } from "./tunnels.ts";

const listen = async (t: TestContext, server: TcpServer, at: number | string = 0): Promise<number> => {
  await new Promise<void>((resolve) =>
    typeof at === "string" ? server.listen(at, resolve) : server.listen(at, "127.0.0.1", resolve),
  );
  t.after(() => {
    server.close();
    if ("closeAllConnections" in server) (server as Server).closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
};

const upstream = (t: TestContext, answer: RequestListener): Promise<number> =>
  listen(t, createServer(answer));

const gate = async (
  t: TestContext,
  settings: object,
  base = "/",
  visitorOf = () => null as string | null,
  standings = createStandings(),
) => {
  const warnings: string[] = [];
  const errors: unknown[] = [];
  const proxy = createProxy(proxySettings.parse(settings), {
    base,
    visitorOf,
    warn: (sentence) => warnings.push(sentence),
    tunnels: createTunnels(),
    standings,
    route: "*/",
    isTrusted: () => false,
    stripCookies: [],
    onError: (error) => errors.push(error),
  });
  const server = await serve((x) => proxy.handle(x));
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= proxy.close();
    return closing;
  };
  t.after(async () => {
    await server.close();
    await close();
  });
  return { port: server.port, warnings, errors, proxy: { status: proxy.status, close } };
};

const http = (port: number): string => `http://127.0.0.1:${port}`;

test("an upstream may be a socket of the file system", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-unix-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  await listen(
    t,
    createServer((req, res) => res.end(`unix ${req.url}`)),
    join(dir, "up.sock"),
  );
  const { port } = await gate(t, { upstreams: [`unix:${join(dir, "up.sock")}`] });
  assert.equal((await ask(port, "GET /a?b")).body, "unix /a?b");
});

test("the route's path is taken off, or replaced, and nothing else of the target changes", async (t) => {
  const up = await upstream(t, (req, res) => res.end(req.url));
  const upstreams = [http(up)];
  const cases: readonly [settings: object, base: string, asked: string, sent: string][] = [
    [{}, "/api/", "/api/a%2Fb?x=1&&", "/api/a%2Fb?x=1&&"],
    [{ strip: true }, "/api/", "/api/a%2Fb?x=1", "/a%2Fb?x=1"],
    [{ strip: true }, "/api", "/api", "/"],
    [{ strip: true }, "/api", "/api?x", "/?x"],
    [{ strip: true }, "/", "/a", "/a"],
    [{ rewrite: "/v2/" }, "/api/", "/api/users", "/v2/users"],
    [{ rewrite: "/v2" }, "/api", "/api", "/v2/"],
    [{ strip: true }, "/api/", "/%61pi/%61", "/%61"],
  ];
  for (const [settings, base, asked, sent] of cases) {
    const { port } = await gate(t, { upstreams, ...settings }, base);
    assert.equal((await ask(port, `GET ${asked}`)).body, sent, `${JSON.stringify(settings)} ${asked}`);
  }
});

test("headers are set, added and removed, both ways", async (t) => {
  const up = await upstream(t, (req, res) => {
    res.writeHead(200, { server: "secret", "x-a": "1", "x-b": "1" });
    res.end(`${req.headers["x-one"]} ${req.headers["x-two"]} ${req.headers["x-three"]} ${req.headers.host}`);
  });
  const { port } = await gate(t, {
    upstreams: [http(up)],
    requestHeaders: {
      set: { "X-One": "set", host: "inner.example" },
      add: { "x-two": "added" },
      remove: ["X-Three"],
    },
    responseHeaders: { set: { "x-a": "2" }, add: { "x-b": "2" }, remove: ["server"] },
  });
  const { text, body } = await ask(port, "GET /\nX-One: client\nX-Two: client\nX-Three: client");
  assert.match(body, /set client, added undefined inner\.example/);
  assert.doesNotMatch(text, /server: /i);
  assert.match(text, /x-a: 2\r\n/);
  assert.match(text, /x-b: 1[\s\S]*x-b: 2\r\n/);
  assert.equal(
    proxySettings.safeParse({ upstreams: [http(1)], requestHeaders: { set: { "Content-Length": "1" } } })
      .success,
    false,
  );
});

test("an origin that the settings allow stands in the place of the upstream's, also where it is added", async (t) => {
  const up = await upstream(t, (_req, res) => res.setHeader("access-control-allow-origin", "*").end("ok"));
  for (const how of ["set", "add"] as const) {
    const { port } = await gate(t, {
      upstreams: [http(up)],
      responseHeaders: { [how]: { "Access-Control-Allow-Origin": "https://a.example" } },
    });
    assert.equal(
      (await ask(port, "GET /")).text.match(/access-control-allow-origin: (.*)/g)?.join(),
      "access-control-allow-origin: https://a.example",
    );
  }
});

test("a request that may be repeated goes to another upstream when one gives no answer", async (t) => {
  let cut = 0;
  const broken = await listen(
    t,
    createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => {
        cut++;
        socket.destroy();
      });
    }),
  );
  const up = await upstream(t, (req, res) => {
    req.resume();
    res.end("well");
  });
  const { port, errors } = await gate(t, { upstreams: [http(broken), http(up)], failures: 100 });
  for (let i = 0; i < 6; i++) assert.equal((await ask(port, "GET /")).body, "well");
  assert.equal(cut, 3);
  assert.equal(errors.length, 0);
  const posts = [];
  for (let i = 0; i < 4; i++) posts.push((await ask(port, "POST /\nContent-Length: 1", "x")).status);
  assert.deepEqual(posts.sort(), [200, 200, 502, 502], "a body is sent once");
});

test("whatever the request, it goes to another upstream where one cannot be reached, with its whole body", async (t) => {
  const up = await upstream(t, async (req, res) => {
    let bytes = 0;
    for await (const chunk of req) bytes += (chunk as Buffer).length;
    res.end(`${req.method} ${bytes}`);
  });
  const { port, errors } = await gate(t, { upstreams: ["http://127.0.0.1:1", http(up)], failures: 100 });
  const large = "x".repeat(1_000_000);
  for (let i = 0; i < 4; i++) {
    assert.equal((await ask(port, "POST /\nContent-Length: 1", "x")).body, "POST 1");
    assert.equal((await ask(port, "POST /\nContent-Length: 0")).body, "POST 0");
    assert.equal((await ask(port, `PATCH /\nContent-Length: ${large.length}`, large)).body, "PATCH 1000000");
    const chunked = "3\r\nabc\r\n0\r\n\r\n";
    assert.equal((await ask(port, "POST /\nTransfer-Encoding: chunked", chunked)).body, "POST 3");
  }
  assert.equal(errors.length, 0);
});

test("an upstream that is down is left out after its failures, and said so", async (t) => {
  const up = await upstream(t, (_req, res) => res.end("well"));
  const { port, warnings } = await gate(t, {
    upstreams: ["http://127.0.0.1:1", http(up)],
    failures: 2,
    pauseSeconds: 600,
  });
  for (let i = 0; i < 10; i++) assert.equal((await ask(port, "GET /")).body, "well");
  assert.deepEqual(warnings, ["proxy: http://127.0.0.1:1 does not answer and is left out"]);
});

test("a health check takes an upstream out before a visitor meets it, and back in", async (t) => {
  let isWell = false;
  const checked: string[] = [];
  const answer: RequestListener = (req, res) => {
    if (req.url === "/health") {
      checked.push(String(req.headers["user-agent"]));
      res.writeHead(isWell ? 200 : 503).end();
    } else res.end("sick one");
  };
  const sick = await upstream(t, answer);
  const up = await upstream(t, (_req, res) => res.end("well"));
  const { port, warnings } = await gate(t, {
    upstreams: [http(sick), http(up)],
    health: { path: "/health", intervalSeconds: 0.02 },
  });
  const bodies = async () =>
    new Set((await Promise.all(Array.from({ length: 8 }, () => ask(port, "GET /")))).map(({ body }) => body));
  while (warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([...(await bodies())], ["well"]);
  isWell = true;
  while (warnings.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([...(await bodies())].sort(), ["sick one", "well"]);
  assert.equal(checked[0], "Turnpike health check");
});

test("what a health check found is known after a reload, and asked anew at once", async (t) => {
  let isWell = false;
  let isSilent = false;
  const sick = await upstream(t, (req, res) => {
    if (req.url !== "/health") res.end("sick one");
    else if (!isSilent) res.writeHead(isWell ? 200 : 503).end();
  });
  const up = await upstream(t, (_req, res) => res.end("well"));
  const standings = createStandings();
  const settings = {
    upstreams: [http(sick), http(up)],
    health: { path: "/health", intervalSeconds: 3600, timeoutMs: 60_000 },
  };
  const visitor = () => null;
  const bodies = async (port: number) =>
    new Set((await Promise.all(Array.from({ length: 8 }, () => ask(port, "GET /")))).map(({ body }) => body));
  const before = await gate(t, settings, "/", visitor, standings);
  while (before.warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  isSilent = true;
  const after = await gate(t, settings, "/", visitor, standings);
  assert.deepEqual([...(await bodies(after.port))], ["well"]);
  assert.deepEqual(after.warnings, [], "it was said");
  isSilent = false;
  isWell = true;
  const last = await gate(t, settings, "/", visitor, standings);
  while (last.warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([...(await bodies(last.port))].sort(), ["sick one", "well"]);
  isWell = false;
  const other = await gate(t, { ...settings, health: null }, "/", visitor, standings);
  assert.deepEqual([...(await bodies(other.port))].sort(), ["sick one", "well"], "nobody asks any more");
});

test("a reload keeps the connections, and what was counted, where nothing of the upstream has changed", async (t) => {
  let connections = 0;
  const server = createServer((_req, res) => res.end("x"));
  server.on("connection", () => connections++);
  const at = http(await listen(t, server));
  const standings = createStandings();
  const visitor = () => null;
  const settings = { upstreams: [at] };
  const answers = ({ status }: { readonly status: () => readonly { readonly answers: number }[] }) =>
    status().map((one) => one.answers);
  const before = await gate(t, settings, "/", visitor, standings);
  await ask(before.port, "GET /");
  const after = await gate(
    t,
    { ...settings, responseHeaders: { set: { "x-a": "1" } } },
    "/",
    visitor,
    standings,
  );
  await before.proxy.close();
  await ask(after.port, "GET /");
  assert.equal(connections, 1);
  assert.deepEqual(answers(after.proxy), [2]);
  const other = await gate(t, { ...settings, connectMs: 4000 }, "/", visitor, standings);
  await ask(other.port, "GET /");
  assert.equal(connections, 2, "its connections keep to other limits");
  assert.deepEqual(answers(other.proxy), [3]);
  // One that is named twice is two, each with its own figures.
  const twice = await gate(t, { upstreams: [at, at] }, "/", visitor, standings);
  for (let i = 0; i < 4; i++) await ask(twice.port, "GET /");
  assert.deepEqual(answers(twice.proxy), [5, 2]);
});

test("an upstream that answers a health check slower than it is asked is asked again only then, and is well", async (t) => {
  let atOnce = 0;
  let most = 0;
  let checks = 0;
  const slow = await upstream(t, (_req, res) => {
    most = Math.max(most, ++atOnce);
    checks++;
    setTimeout(() => {
      atOnce--;
      res.end();
    }, 100);
  });
  const up = await upstream(t, (_req, res) => res.end("well"));
  const health = { path: "/health", intervalSeconds: 0.01, timeoutMs: 60_000 };
  const { warnings } = await gate(t, { upstreams: [http(slow), http(up)], health });
  while (checks < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(most, 1);
  assert.deepEqual(warnings, []);
});

test("a health check that hangs ends with the settings that asked for it", async (t) => {
  let ended = 0;
  let checks = 0;
  const hung = await upstream(t, (req) => {
    checks++;
    req.on("close", () => ended++);
  });
  const proxy = createProxy(
    proxySettings.parse({
      upstreams: [http(hung)],
      health: { path: "/health", intervalSeconds: 0.02, timeoutMs: 3_600_000 },
    }),
    {
      base: "/",
      visitorOf: () => null,
      warn: () => {},
      tunnels: createTunnels(),
      standings: createStandings(),
      route: "*/",
      isTrusted: () => false,
      stripCookies: [],
      onError: () => {},
    },
  );
  while (checks === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await proxy.close();
  while (ended < checks) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("an upstream all of whose connections are taken is well", async (t) => {
  const held: ServerResponse[] = [];
  let checks = 0;
  const busy = await upstream(t, (req, res) => {
    if (req.url === "/health") res.end(`${++checks}`);
    else held.push(res);
  });
  const { port, warnings } = await gate(t, {
    upstreams: [http(busy), "http://127.0.0.1:1"],
    connections: 1,
    failures: 1000,
    health: { path: "/health", intervalSeconds: 0.02, timeoutMs: 5000 },
  });
  while (warnings.length === 0) await new Promise((resolve) => setTimeout(resolve, 5)); // the other is out
  const waiting = ask(port, "GET /");
  while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const before = checks;
  while (checks < before + 3) await new Promise((resolve) => setTimeout(resolve, 5));
  held[0]?.end("done");
  assert.equal((await waiting).body, "done");
  assert.deepEqual(warnings, ["proxy: http://127.0.0.1:1 does not answer and is left out"]);
});

test("one visitor stays at one upstream", async (t) => {
  const ports = [
    await upstream(t, (_req, res) => res.end("a")),
    await upstream(t, (_req, res) => res.end("b")),
  ];
  let visitor = "";
  const { port } = await gate(t, { upstreams: ports.map(http), balance: "visitor" }, "/", () => visitor);
  const homes = new Set<string>();
  for (let i = 0; i < 20; i++) {
    visitor = `visitor ${i}`;
    const first = (await ask(port, "GET /")).body;
    assert.equal((await ask(port, "GET /")).body, first);
    homes.add(first);
  }
  assert.equal(homes.size, 2);
});

test("what is no HTTP answer from any upstream is 502", async (t) => {
  const { port } = await gate(t, { upstreams: ["http://127.0.0.1:1", "http://127.0.0.1:1/"] });
  assert.match(
    await exchangeBytes(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    /^HTTP\/1\.1 502 /,
  );
});
