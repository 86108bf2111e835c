import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, type TestContext, test } from "node:test";
import type { Handler } from "../http/exchange.ts";
import { testSite } from "../model/test-site.ts";
import { createListener } from "./listener.ts";
import { createLocalAuthority } from "./tls/local-authority.ts";

const dir = mkdtempSync(join(tmpdir(), "turnpike-h2-plain-"));
after(() => rmSync(dir, { recursive: true }));

/** A listener with the handler, and what asks it over one connection. */
const start = async (t: TestContext, handler: Handler) => {
  const errors: unknown[] = [];
  const listener = createListener({
    address: "127.0.0.1:0",
    handler,
    headerBytes: 8192,
    siteOf: () => testSite,
    isTrusted: () => false,
    clock: () => 0,
    portHint: String,
    onError: (error) => errors.push(error),
    tls: {
      certificates: createLocalAuthority({ dir, clock: Date.now, serves: () => true }),
      minVersion: "TLSv1.2",
    },
  });
  const { port } = await listener.listen();
  t.after(() => listener.stop(0));
  const session = connect(`https://localhost:${port}`, { rejectUnauthorized: false });
  session.on("error", () => {});
  t.after(() => session.destroy());
  return {
    errors,
    request: (headers: Record<string, string>) => session.request({ ":path": "/", ...headers }),
  };
};

interface Told {
  readonly head: IncomingHttpHeaders;
  readonly hints: readonly IncomingHttpHeaders[];
  readonly trailers: IncomingHttpHeaders | null;
  readonly body: Buffer;
}

const read = async (stream: ClientHttp2Stream): Promise<Told> => {
  let [head, trailers]: [IncomingHttpHeaders, IncomingHttpHeaders | null] = [{}, null];
  const hints: IncomingHttpHeaders[] = [];
  stream.on("response", (headers) => {
    head = headers;
  });
  stream.on("headers", (headers) => hints.push(headers));
  stream.on("trailers", (headers) => {
    trailers = headers;
  });
  const body = await buffer(stream);
  return { head, hints, trailers, body };
};

const big = Buffer.alloc(700_000, "0123456789");

test("an answer that is written piece by piece waits for the client and arrives whole", async (t) => {
  let waits = 0;
  const { request } = await start(t, async ({ res }) => {
    res.writeHead(200, { "content-length": String(big.length) });
    for (let at = 0; at < big.length; at += 50_000) {
      if (res.write(big.subarray(at, at + 50_000))) continue;
      waits++;
      await new Promise((resolve) => res.once("drain", resolve));
    }
    res.end();
  });
  assert.deepEqual((await read(request({}))).body, big);
  assert.ok(waits > 0);
});

test("hints come before an answer, and trailers behind one whose length was not said", async (t) => {
  const { request } = await start(t, ({ res }) => {
    res.writeEarlyHints({ link: ["</a.css>; rel=preload", "</b.css>; rel=preload"] });
    res.writeHead(200, { "x-a": "1" });
    res.write("body");
    res.addTrailers({ "x-sum": "7", connection: "close" });
    res.end();
  });
  const { head, hints, trailers, body } = await read(request({}));
  assert.deepEqual([head[":status"], head["x-a"], body.toString()], [200, "1", "body"]);
  assert.deepEqual(
    hints.map(({ link }) => link),
    ["</a.css>; rel=preload, </b.css>; rel=preload"],
  );
  assert.deepEqual(Object.entries(trailers ?? {}), [["x-sum", "7"]]);
});

test("answers to HEAD, and those of a status without a body, have none", async (t) => {
  const { request, errors } = await start(t, ({ path, res }) => {
    res.writeHead(path === "/304" ? 304 : 200, { etag: '"a"' });
    res.write("not for you");
    res.end("nor this");
  });
  for (const headers of [{ ":method": "HEAD" }, { ":path": "/304" }]) {
    const { head, body } = await read(request(headers));
    assert.deepEqual([head["etag"], body.length], ['"a"', 0]);
  }
  assert.deepEqual(errors, []);
});

test("a field that cannot be sent is a fault of ours, and nothing of it gets out", async (t) => {
  const { request, errors } = await start(t, ({ path, res }) => {
    if (path === "/name") res.writeHead(200, { "x y": "1" });
    else if (path === "/twice") res.writeHead(200, ["content-type", "a/b", "content-type", "c/d"]);
    else if (path === "/trailer") {
      res.writeHead(200);
      res.addTrailers({ ":status": "200" });
    } else res.setHeader("x-a", "1\r\nx-b: 2");
    res.end("ok");
  });
  for (const path of ["/name", "/twice", "/value"]) {
    const { head } = await read(request({ ":path": path }));
    assert.deepEqual([head[":status"], head["x-b"]], [500, undefined], path);
  }
  await assert.rejects(read(request({ ":path": "/trailer" })), /NGHTTP2_INTERNAL_ERROR/);
  assert.equal(errors.length, 4);
});

test("what was set one by one gives way to the head's own fields", async (t) => {
  const { request } = await start(t, ({ res }) => {
    res.setHeader("X-Set", "1");
    res.setHeader("x-both", "set");
    res.writeHead(200, ["x-both", "head", "set-cookie", "a=1", "set-cookie", "b=2"]);
    res.end("text", "latin1");
  });
  const { head } = await read(request({}));
  assert.deepEqual([head["x-set"], head["x-both"], head["set-cookie"]], ["1", "head", ["a=1", "b=2"]]);
});
