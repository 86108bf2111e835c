import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import type { Exchange } from "../http/exchange.ts";
import { testSite } from "../model/test-site.ts";
import type { LaneOptions } from "./lane.ts";
import { createListener } from "./listener.ts";
import type { PlainRequest } from "./plain-request.ts";
import { createLocalAuthority } from "./tls/local-authority.ts";

const dir = mkdtempSync(join(tmpdir(), "turnpike-lane-"));
after(() => rmSync(dir, { recursive: true }));

const short: LaneOptions["take"] = ({ body }) =>
  Promise.resolve({ status: 200, headers: ["x-way", "short"], body });

/** An encrypted listener whose lane takes `/short`; anything else is answered with the length of the way. */
const open = async (t: TestContext, take: LaneOptions["take"] = short) => {
  const taken: PlainRequest[] = [];
  const seen: Exchange[] = [];
  const listener = createListener({
    address: "127.0.0.1:0",
    handler: async (x) => {
      seen.push(x);
      let body = "";
      for await (const chunk of x.req) body += String(chunk);
      x.res.writeHead(200, { "x-way": "handler" }).end(`${body}${x.path}`);
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
    onError: () => {},
    tls: {
      certificates: createLocalAuthority({ dir, clock: Date.now, serves: () => true }),
      minVersion: "TLSv1.2",
    },
  });
  const { port } = await listener.listen();
  t.after(() => listener.stop(0));
  return { port, taken, seen, stop: () => listener.stop(5000) };
};

const connectTo = async (t: TestContext, port: number): Promise<TLSSocket> => {
  const options = { port, host: "127.0.0.1", servername: "localhost", rejectUnauthorized: false };
  const socket = connect({ ...options, ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => {});
  t.after(() => socket.destroy());
  await once(socket, "secureConnect");
  return socket;
};

/** Sends the bytes, and gives what comes up to `last`. */
const exchange = (socket: TLSSocket, bytes: string, last: string): Promise<string> =>
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
    socket.write(bytes);
  });

const plain = (body: string, target = "/short"): string =>
  `POST ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test("an encrypted connection goes from the short way to the long one, and stays in step", async (t) => {
  const { port, taken, seen } = await open(t);
  const socket = await connectTo(t, port);
  const get = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const chunks =
    "POST /c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  assert.match(await exchange(socket, plain("one"), "one"), /^HTTP\/1\.1 200 OK\r\nx-way: short\r\n/);
  assert.match(await exchange(socket, get, "/a"), /x-way: handler/);
  assert.match(await exchange(socket, plain("two"), "two"), /x-way: short/);
  assert.match(await exchange(socket, chunks, "abc/c"), /x-way: handler/);
  assert.match(await exchange(socket, plain("four"), "four/short"), /x-way: handler/);
  assert.deepEqual(
    taken.map(({ encrypted, peer }) => [encrypted, peer]),
    [
      [true, "127.0.0.1"],
      [true, "127.0.0.1"],
    ],
  );
  assert.deepEqual(
    seen.map((x) => x.secure),
    [true, true, true],
  );
});

test("what is malformed on an encrypted connection is refused as ever", async (t) => {
  const { port, taken } = await open(t);
  const head = "POST /short HTTP/1.1\r\n";
  for (const bytes of [
    `${head}Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
    `${head}Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Host: a\nContent-Length: 1\r\n\r\nx`,
  ]) {
    const text = await exchange(await connectTo(t, port), bytes, "\r\n\r\n");
    assert.match(text, /^HTTP\/1\.1 400 /, JSON.stringify(bytes));
  }
  assert.equal(taken.length, 0);
});

test("stopping answers the encrypted hits that run and closes idle connections", async (t) => {
  let release: () => void = () => {};
  const begun = Promise.withResolvers<void>();
  const { port, stop } = await open(t, (request) => {
    if (request.target !== "/short/slow") return short(request);
    begun.resolve();
    return new Promise((resolve) => {
      release = () => void short(request)?.then(resolve);
    });
  });
  const idle = await connectTo(t, port);
  await exchange(idle, plain("one"), "one");
  const running = await connectTo(t, port);
  const answer = exchange(running, plain("two", "/short/slow"), "two");
  await begun.promise;
  const closed = once(idle, "close");
  const stopped = stop();
  await closed;
  release();
  assert.match(await answer, /Connection: close/);
  await stopped;
});
