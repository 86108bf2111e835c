import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connectTo, exchangeBytes } from "../gateway/http/test-server.ts";
import { ask } from "./ask.ts";
import { root } from "./gateway.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const files = { path: "/", static: { dir: join(root, "setup/demo/public") } };

interface Line {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly [name: string]: unknown;
}

const logIn = (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-log-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "access.log");
  const text = (name = file): string => {
    try {
      return readFileSync(name, "utf8");
    } catch {
      return ""; // nothing is written yet
    }
  };
  const lines = (): readonly Line[] =>
    text()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  const find = (path: string) => lines().find((line) => line.path === path);
  return { file, text, lines, find };
};

test("every request has one line: plain hits, files, refused, aborted and unknown ones, and websockets", async (t) => {
  const { file, lines, find } = logIn(t);
  const asked: string[] = [];
  const upstream = await startUpstream((req, res) => {
    asked.push(String(req.headers["x-request-id"]));
    if (req.headers.upgrade) {
      req.socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello",
      );
    } else if (req.url === "/api/slow") res.write("begun");
    else res.end("0123456789");
  });
  t.after(upstream.close);
  const config = {
    routes: [{ path: "/api/", proxy: { upstreams: [upstream.url] } }, files],
    sites: [{ id: "shop", hosts: ["127.0.0.1", "localhost"] }],
    accessLog: { file },
  };
  await withGateway({ config }, async ({ url, ports: { http } }) => {
    await ask(`${url}/api/well?token=abc&q=1`, { headers: { cookie: "vid=abc", authorization: "Bearer x" } });
    await ask(`${url}/tr/v1/`, { method: "POST", body: '{"ename":"x"}' });
    await ask(`${url}/missing`);
    await exchangeBytes(http, "GET /unknown HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n");
    const leaving = await connectTo(http);
    leaving.write("GET /api/slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await new Promise((resolve) => leaving.once("data", resolve));
    leaving.resetAndDestroy();
    const socket = await connectTo(http);
    socket.write(
      "GET /api/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    let got = "";
    await new Promise<void>((resolve) => {
      socket.on("data", (data) => {
        got += String(data);
        if (got.endsWith("hello")) resolve();
      });
    });
    await waitFor(() => find("/api/slow"), "the aborted request's line");
    assert.equal(find("/api/ws"), undefined, "a websocket has its line at its close");
    socket.destroy();
    await waitFor(() => find("/api/ws"), "the websocket's line");
    const told = lines().map(({ method, path, query, status, bytes, cut, route, site }) => {
      return [method, path, query, status, bytes, cut, route, site];
    });
    const expected = [
      ["GET", "/api/well", "token=***&q=1", 200, 10, null, "*/api/", "shop"],
      ["POST", "/tr/v1/", "", 200, 0, null, "turnpike:events", "shop"],
      ["GET", "/missing", "", 404, find("/missing")?.["bytes"], null, "*/", "shop"],
      ["GET", "/unknown", "", 421, find("/unknown")?.["bytes"], null, "(none)", null],
      ["GET", "/api/slow", "", 200, 5, "client", "*/api/", "shop"],
      ["GET", "/api/ws", "", 101, 5, null, "*/api/", "shop"],
    ];
    assert.deepEqual(new Set(told.map(String)), new Set(expected.map(String)));
    assert.equal(told.length, expected.length);
    assert.deepEqual(
      asked,
      ["/api/well", "/api/slow", "/api/ws"].map((path) => find(path)?.id),
      "the upstream was told the same ids",
    );
    assert.equal(new Set(lines().map(({ id }) => id)).size, expected.length);
    assert.ok(lines().every(({ address }) => address === "127.0.0.0"));
    assert.doesNotMatch(readFileSync(file, "utf8"), /abc|Bearer|Mozilla/);
  });
});

test("the error page and the program's own line of a fault have the request's id", async (t) => {
  const { file, find } = logIn(t);
  const config = {
    routes: [{ path: "/", proxy: { upstreams: ["http://127.0.0.1:1"] } }],
    accessLog: { file },
  };
  await withGateway({ config }, async ({ url, output }) => {
    const answer = await ask(`${url}/x`);
    const line = await waitFor(() => find("/x"), "the line");
    assert.deepEqual(
      [answer.status, answer.headers["x-request-id"], answer.text],
      [502, line.id, `the server behind this site cannot be reached (request ${line.id})\n`],
    );
    assert.ok(output().includes(`(request ${line.id})`));
  });
});

test("with several processes one file is written, and goes on after logrotate", async (t) => {
  const { file, text, lines } = logIn(t);
  const config = { workers: 2, routes: [files], accessLog: { file, format: "json" } };
  await withGateway({ config }, async ({ url, pid }) => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => ask(`${url}/tr/v1/x?n=${i}`)));
    await waitFor(() => lines().length === 20, "twenty lines");
    renameSync(file, `${file}.1`);
    process.kill(pid, "SIGUSR1");
    await Promise.all(Array.from({ length: 10 }, () => ask(`${url}/tr/v1/x`)));
    await waitFor(() => lines().length === 10, "ten lines in the new file");
    assert.equal(text(`${file}.1`).trim().split("\n").length, 20);
  });
});

test("lines go to standard output where the settings say so, in the combined format", async (t) => {
  const { file, text } = logIn(t);
  await withGateway(
    { config: { routes: [files], accessLog: { file: "stdout", format: "combined" } } },
    async ({ url, output }) => {
      await ask(`${url}/tr/v1/x`, { headers: { referer: "https://example.com/a?q=secret" } });
      await waitFor(() => output().includes('"GET /tr/v1/x HTTP/1.1" 200'), "the line");
      assert.match(
        output(),
        /127\.0\.0\.0 - - \[.*\] "GET \/tr\/v1\/x HTTP\/1\.1" 200 \S+ "https:\/\/example\.com\/a" "Mozilla/,
      );
      assert.equal(text(file), "");
    },
  );
});

test("without the setting no log is written", async (t) => {
  const { file, text } = logIn(t);
  await withGateway({ config: { routes: [files] } }, async ({ url, output }) => {
    await ask(`${url}/tr/v1/x`);
    assert.doesNotMatch(output(), /tr\/v1\/x/);
    assert.equal(text(file), "");
  });
});

test("a request that a trusted proxy has named keeps its name: in the log, at the upstream, on the page", async (t) => {
  const { file, find } = logIn(t);
  const asked: string[] = [];
  const upstream = await startUpstream((req, res) => {
    asked.push(String(req.headers["x-request-id"]));
    res.end();
  });
  t.after(upstream.close);
  const config = {
    trustedProxies: ["127.0.0.2"],
    routes: [
      { path: "/up", proxy: { upstreams: [upstream.url] } },
      { path: "/", proxy: { upstreams: ["http://127.0.0.1:1"] } },
    ],
    accessLog: { file },
  };
  await withGateway({ config }, async ({ ports: { http } }) => {
    const askFrom = (localAddress: string, path: string, id: string) =>
      new Promise<string>((resolve, reject) => {
        const options = {
          port: http,
          host: "127.0.0.1",
          localAddress,
          path,
          headers: { "x-request-id": id },
        };
        get(options, (res) => resolve(String(res.resume().headers["x-request-id"]))).on("error", reject);
      });
    assert.equal(await askFrom("127.0.0.2", "/down", "edge-1"), "edge-1");
    assert.notEqual(await askFrom("127.0.0.1", "/stranger", "edge-2"), "edge-2");
    assert.notEqual(await askFrom("127.0.0.2", "/odd", "<script>"), "<script>");
    assert.equal(await askFrom("127.0.0.2", "/up", "edge-3"), "edge-3");
    const hit = "POST /tr/v1/ HTTP/1.1\r\nHost: a\r\nX-Request-Id: edge-4\r\nContent-Length: 2\r\n\r\n{}";
    await new Promise<void>((resolve) => {
      const socket = connect({ port: http, host: "127.0.0.1", localAddress: "127.0.0.2" }, () =>
        socket.write(hit),
      );
      socket.once("data", () => resolve(void socket.destroy()));
    });
    await waitFor(() => find("/up") && find("/tr/v1/"), "the last lines");
    assert.deepEqual([find("/down")?.id, find("/up")?.id, asked], ["edge-1", "edge-3", ["edge-3"]]);
    assert.equal(find("/tr/v1/")?.id, "edge-4");
    assert.ok(find("/stranger")?.id !== "edge-2");
  });
});
