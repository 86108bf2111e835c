/** What is refused before any handler sees it has its line in the access log and its place in the metrics as well. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectH2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { connectTo, exchangeBytes } from "../gateway/http/test-server.ts";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { flag, frame, headers, type as kind, openH2 } from "./h2-frames.ts";
import { waitFor } from "./wait-for.ts";

const host = "shop.example";
const folder = mkdtempSync(join(tmpdir(), "turnpike-refused-"));
const file = join(folder, "access.log");
let gateway: Gateway;
let seen = 0;

before(async () => {
  gateway = await startGateway({
    config: {
      tls: "local",
      sites: [{ id: "main", hosts: [host] }],
      routes: [{ path: "/api/", proxy: { upstreams: ["http://127.0.0.1:1"] } }],
      limits: { headerSeconds: 1, requests: 1_000_000 },
      accessLog: { file },
    },
  });
});
after(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

type Line = Readonly<Record<string, unknown>>;

/** The lines that are new since the last call; waits for the first. */
const newLines = async (): Promise<readonly Line[]> => {
  const all = await waitFor(() => {
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
    return lines.length > seen && lines;
  }, "a line");
  const fresh = all.slice(seen).map((line) => JSON.parse(line) as Line);
  seen = all.length;
  return fresh;
};

const counts = async (): Promise<ReadonlyMap<string, number>> => {
  const text = await (await gateway.admin("/metrics")).text();
  return new Map(
    [...text.matchAll(/^(turnpike_(?:malformed|requests)_total\{.*\}) (\d+)$/gm)].map(
      ([, name = "", value]) => [name, Number(value)],
    ),
  );
};

/** What became more, by name without its prefix. */
const counted = async (work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> => {
  const earlier = await counts();
  await work();
  const later = await counts();
  const names = [...later.keys()].filter((name) => later.get(name) !== (earlier.get(name) ?? 0));
  return Object.fromEntries(
    names.map((name) => [
      name.replace(/^turnpike_(\w+)_total/, "$1"),
      (later.get(name) ?? 0) - (earlier.get(name) ?? 0),
    ]),
  );
};

const other = 'requests{route="(none)",method="other",status="4xx"}';
const get = 'requests{route="(none)",method="GET",status="4xx"}';
const post = 'requests{route="(none)",method="POST",status="4xx"}';
const why = (reason: string): string => `malformed{reason="${reason}"}`;
const websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\n";

const refused: readonly (readonly [
  name: string,
  bytes: string,
  line: readonly [method: string, path: string, status: number],
  more: readonly string[],
])[] = [
  ["no HTTP", "hello there\r\n\r\n", ["", "", 400], [other, why("syntax")]],
  [
    "a field that is none",
    `GET /a HTTP/1.1\r\nHost: ${host}\r\nx y: 1\r\n\r\n`,
    ["", "", 400],
    [other, why("syntax")],
  ],
  [
    "headers of 100 KB",
    `GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${"y".repeat(100_000)}\r\n\r\n`,
    ["", "", 431],
    [other, why("head")],
  ],
  ["half a head that nothing follows", "GET /slow HT", ["", "", 408], [other, why("late")]],
  [
    "a tunnel",
    "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
    ["CONNECT", "a.example:443", 405],
    [other, why("tunnel")],
  ],
  ["no Host", "GET /a HTTP/1.1\r\n\r\n", ["GET", "/a", 400], [get]],
  [
    "an expectation nobody knows",
    `GET /a HTTP/1.1\r\nHost: ${host}\r\nExpect: tea\r\nConnection: close\r\n\r\n`,
    ["GET", "/a", 417],
    [get],
  ],
  [
    "a websocket of two hosts",
    `GET /tr/v1/ws HTTP/1.1\r\nHost: ${host}\r\nHost: b.example\r\n${websocket}\r\n`,
    ["GET", "/tr/v1/ws", 400],
    [get, why("upgrade")],
  ],
];

for (const [name, bytes, [method, path, status], more] of refused) {
  test(`${name}: ${status} is written and counted`, async () => {
    const found = await counted(async () => {
      const answer = await exchangeBytes(gateway.ports.http, bytes);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      const [line, ...others] = await newLines();
      assert.deepEqual([line?.["method"], line?.["path"], line?.["status"]], [method, path, status]);
      assert.deepEqual([line?.["address"], line?.["route"]], ["127.0.0.0", "(none)"]);
      assert.deepEqual(others, []);
    });
    assert.deepEqual(found, Object.fromEntries(more.map((one) => [one, 1])));
  });
}

test("a body that cannot be read spoils its own request: one line, with what the client was told", async () => {
  const found = await counted(async () => {
    const head = `POST /tr/v1/ HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    assert.match(await exchangeBytes(gateway.ports.http, `${head}zz\r\n`), /^HTTP\/1\.1 400 /);
    const lines = await newLines();
    assert.deepEqual(
      lines.map((line) => [line["method"], line["path"], line["status"], line["cut"]]),
      [["POST", "/tr/v1/", 400, "gateway"]],
    );
  });
  assert.deepEqual(found, { [post.replace("(none)", "turnpike:events")]: 1, [why("syntax")]: 1 });
});

test("what cannot be read behind a whole request is written beside it", async () => {
  const socket = await connectTo(gateway.ports.http);
  socket.resume().end(`GET /nothing HTTP/1.1\r\nHost: ${host}\r\n\r\nnonsense\r\n\r\n`);
  await waitFor(() => socket.destroyed, "the end");
  const lines = await waitFor(async () => {
    const found = await newLines();
    return found.length === 2 && found;
  }, "two lines at once");
  assert.deepEqual(new Set(lines.map((line) => line["status"])), new Set([404, 400]));
});

for (const secure of [false, true]) {
  test(`a connection on which nothing was asked is no request${secure ? ", with TLS" : ""}`, async () => {
    const found = await counted(async () => {
      const port = gateway.ports[secure ? "https" : "http"] ?? 0;
      const socket = secure
        ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, servername: host })
        : await connectTo(port);
      socket.resume();
      await new Promise((resolve) => socket.once("close", resolve));
      await ask(`${gateway.url}/after`, { headers: { host } });
      assert.deepEqual(
        (await newLines()).map((line) => line["path"]),
        ["/after"],
      );
    });
    assert.deepEqual(found, { [get]: 1 });
  });
}

test("headers that are too large for HTTP/2 are answered, written and counted", async () => {
  const found = await counted(async () => {
    const session = connectH2(gateway.secureUrl, { rejectUnauthorized: false });
    const stream = session.request({ ":path": "/large", ":authority": host, "x-a": "y".repeat(40_000) });
    const status = await new Promise((resolve, reject) => {
      stream.on("response", (answer) => resolve(answer[":status"])).on("error", reject);
    });
    session.destroy();
    assert.equal(status, 431);
    const [line] = await newLines();
    assert.deepEqual([line?.["path"], line?.["status"], line?.["protocol"]], ["/large", 431, "HTTP/2.0"]);
  });
  assert.deepEqual(found, { [get]: 1 });
});

const broken: readonly (readonly [name: string, reason: string, bytes: () => Buffer])[] = [
  ["a frame that is too long for its kind", "frames", () => frame(kind.ping, 0, 0, Buffer.alloc(9))],
  [
    "a flood of pings",
    "flood",
    () => Buffer.concat(Array.from({ length: 5000 }, () => frame(kind.ping, 0, 0, Buffer.alloc(8)))),
  ],
];
for (const [name, reason, bytes] of broken) {
  test(`${name} ends a connection of HTTP/2, and is written and counted once`, async () => {
    const found = await counted(async () => {
      const line = await openH2(gateway.ports.https ?? 0);
      line.write(bytes());
      await line.next(() => false);
      const lines = await newLines();
      assert.deepEqual(
        lines.map(({ method, status, protocol, secure }) => [method, status, protocol, secure]),
        [["", 400, "HTTP/2.0", true]],
      );
    });
    assert.deepEqual(found, { [why(reason)]: 1 });
  });
}

test("a browser that resets a request and leaves is not malformed", async () => {
  const found = await counted(async () => {
    const line = await openH2(gateway.ports.https ?? 0);
    line.write(
      headers(1, [
        [":method", "GET"],
        [":scheme", "https"],
        [":authority", host],
        [":path", "/left"],
      ]),
      frame(kind.reset, 0, 1, Buffer.from([0, 0, 0, 8])),
      frame(kind.goaway, 0, 0, Buffer.from([0, 0, 0, 0, 0, 0, 0, 2])),
    );
    await line.next(isAcknowledged);
    line.close();
    await newLines();
  });
  assert.deepEqual(
    Object.keys(found).filter((one) => one.startsWith("malformed")),
    [],
  );
});

const isAcknowledged = (one: { readonly type: number; readonly flags: number }): boolean =>
  one.type === kind.settings && (one.flags & flag.ack) !== 0;
