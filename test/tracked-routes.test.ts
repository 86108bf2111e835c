/** Finished requests of tracked routes as events, through the real program. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import type { Overview } from "../gateway/model/admin.ts";
import type { Event } from "../gateway/model/event.ts";
import { ask, newVisitor } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { h2Client } from "./h2-client.ts";
import { runTurnpike } from "./program.ts";
import { queryData, settle, storedEvents } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

const secret = "s3cret-Body";
const vid = "0190a4c2-2e7a-7cc0-98c4-dc0c0c07398f";
const sid = "0190a4c2-2e7a-7cc0-98c4-dc0c0c073990";

const sockets = new WebSocketServer({ noServer: true });
const upstream = createServer((req, res) => {
  const path = (req.url ?? "").split("?", 1)[0] ?? "";
  if (path === "/api/never") return; // until the client has had enough
  if (path === "/api/half") {
    res.writeHead(200, { "content-length": "100" }).write("half");
    return;
  }
  if (path === "/api/broken") {
    res.writeHead(200, { "content-length": "100" }).write("half", () => res.destroy());
    return;
  }
  req.resume().on("end", () => {
    if (path === "/api/none") res.writeHead(204).end();
    else res.writeHead(req.method === "POST" ? 201 : 200).end(req.method === "HEAD" ? "" : "twelve bytes");
  });
});
upstream.on("upgrade", (req, socket, head) => {
  if (req.url === "/api/refused") {
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    return;
  }
  sockets.handleUpgrade(req, socket, head, (client) => {
    client.on("message", (data) => client.send(data));
  });
});

const folder = mkdtempSync(join(tmpdir(), "turnpike-tracked-"));
let gateway: Gateway;

before(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  mkdirSync(join(folder, "files"));
  writeFileSync(join(folder, "files/price-list.csv"), "a,b\n1,2\n");
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>Home</title>");
  const { port } = upstream.address() as AddressInfo;
  const proxy = { upstreams: [`http://127.0.0.1:${port}`] };
  gateway = await startGateway({
    config: {
      tls: { mode: "local", redirect: false },
      routes: [
        {
          path: "/api/",
          proxy,
          track: { exclude: ["/api/health", "/api/quiet/**"], methods: ["GET", "HEAD", "POST"] },
        },
        { path: "/gone/", proxy: { upstreams: ["http://127.0.0.1:1"] }, track: { name: "gone", paths: 2 } },
        { path: "/plain/", proxy },
        { path: "/files/", static: { dir: folder }, track: { name: "download", include: ["*.csv"] } },
        { path: "/", static: { dir: folder }, inject: true },
      ],
      experiments: [
        {
          key: "headline",
          site: "main",
          variants: [{ key: "control" }, { key: "b" }],
          goals: [{ key: "buy", event: "purchase" }],
        },
      ],
    },
  });
});
after(async () => {
  await gateway?.close();
  upstream.closeAllConnections();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const tracked = (): readonly Event[] =>
  storedEvents(gateway.data).filter((event) => event.type === "log" && event.name !== "document");

/** The tracked requests that `work` leaves behind, once there are so many. */
const during = async (count: number, work: () => Promise<unknown>): Promise<readonly Event[]> => {
  const before = tracked().length;
  await work();
  await waitFor(() => tracked().length >= before + count, `${count} tracked requests`);
  const come = tracked().slice(before);
  assert.equal(come.length, count);
  return come;
};
const one = async (work: () => Promise<unknown>): Promise<Event> => {
  const [event] = await during(1, work);
  assert.ok(event);
  return event;
};
const sizes = ({ properties }: Event) => [properties?.["request_bytes"], properties?.["response_bytes"]];

const cookies = { cookie: `vid=${vid}; sid=${sid}` };

test("a finished request is one event: method, template, status, time and bytes, and nothing it carried", async () => {
  const event = await one(() =>
    ask(`${gateway.url}/api/users/42/mails/ann%40example.com?token=${secret}`, {
      method: "POST",
      headers: { ...cookies, authorization: `Bearer ${secret}`, referer: `https://x.test/?q=${secret}` },
      body: JSON.stringify({ secret }),
    }),
  );
  assert.equal(event.name, "request");
  assert.equal(event.type, "log");
  assert.equal(event.tracking_protocol, "gateway");
  assert.equal(event.page_path, "/api/users/:id/mails/:email");
  assert.equal(event.page_location, undefined);
  assert.equal(event.page_hostname, "127.0.0.1");
  assert.equal(event.status, 201);
  assert.ok(Number(event.duration_ms) >= 0);
  assert.equal(event.client_id, vid);
  assert.equal(event.client_session_id, sid);
  assert.equal(event.ip_address, "127.0.0.0");
  assert.ok(["control", "b"].includes(event.experiments?.["headline"] ?? ""));
  assert.equal(event.bot ?? null, null);
  assert.equal(event.problems ?? null, null);
  assert.deepEqual(event.properties, {
    method: "POST",
    route: "/api/",
    protocol: "http/1.1",
    request_bytes: JSON.stringify({ secret }).length,
    response_bytes: 12,
  });
  const text = JSON.stringify(event);
  for (const hidden of [secret, "ann", "42/"]) assert.ok(!text.includes(hidden), hidden);
});

test("bodies are counted as they were, whatever announced their length", async () => {
  const big = "x".repeat(300_000);
  const chunked = await one(() => ask(`${gateway.url}/api/up`, { method: "POST", body: big, chunked: true }));
  assert.deepEqual(sizes(chunked), [300_000, 12]);
  assert.deepEqual(sizes(await one(() => ask(`${gateway.url}/api/a`, { method: "HEAD" }))), [0, 0]);
  const none = await one(() => ask(`${gateway.url}/api/none`));
  assert.deepEqual([none.status, ...sizes(none)], [204, 0, 0]);
});

test("requests over HTTP/2 are tracked alike", async () => {
  const client = h2Client(gateway.secureUrl);
  try {
    const event = await one(() =>
      client.ask("/api/orders/1001", { method: "POST", body: "x".repeat(70_000), headers: cookies }),
    );
    assert.deepEqual([event.status, event.page_path, ...sizes(event)], [201, "/api/orders/:id", 70_000, 12]);
    assert.equal(event.properties?.["protocol"], "http/2");
    assert.equal(event.client_id, vid);
    assert.equal(event.problems ?? null, null);
    const reset = await one(async () => {
      const stream = client.session.request({ ":path": "/api/half" });
      stream.on("error", () => {});
      await new Promise((resolve) => stream.once("data", resolve));
      stream.close(8);
    });
    assert.equal(reset.status, 200);
    assert.match(reset.problems?.[0]?.problem ?? "", /^the client left/);
  } finally {
    client.close();
  }
});

/**
 * Sends a request on a connection of its own and resets it: at once, or when something of the answer is there. One that
 * only says it will send no more may be waiting for its answer.
 */
const leave = (path: string, when: "asked" | "answered"): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    if (when === "answered") socket.once("data", () => socket.resetAndDestroy());
    else upstream.once("request", () => setImmediate(() => socket.resetAndDestroy()));
  });

test("a client that leaves is 499 before the answer, and a problem in the middle of it", async () => {
  const before = await one(() => leave("/api/never", "asked"));
  assert.equal(before.status, 499);
  assert.match(before.problems?.[0]?.problem ?? "", /^the client left/);
  const middle = await one(() => leave("/api/half", "answered"));
  assert.deepEqual([middle.status, ...sizes(middle)], [200, 0, 4]);
  assert.match(middle.problems?.[0]?.problem ?? "", /^the client left/);
});

test("an answer that failed half-way is a problem of what is behind, one that never came a status", async () => {
  const broken = await one(() => ask(`${gateway.url}/api/broken`).catch(() => null));
  assert.equal(broken.status, 200);
  assert.match(broken.problems?.[0]?.problem ?? "", /^the answer was cut off/);
  const gone = await one(() => ask(`${gateway.url}/gone/a`));
  assert.deepEqual([gone.name, gone.status], ["gone", 502]);
});

test("a websocket is one event, at its close, with the bytes both ways", async () => {
  const client = new WebSocket(`${gateway.url.replace("http", "ws")}/api/rooms/7?key=${secret}`, {
    perMessageDeflate: false,
    headers: cookies,
  });
  await new Promise((resolve) => client.once("open", resolve));
  const before = tracked().length;
  const echoed = new Promise((resolve) => client.once("message", resolve));
  client.send(Buffer.alloc(1000));
  await echoed;
  assert.equal(tracked().length, before, "nothing while it is open");
  const event = await one(async () => {
    client.close();
  });
  assert.deepEqual([event.status, event.page_path, event.client_id], [101, "/api/rooms/:id", vid]);
  assert.equal(event.properties?.["protocol"], "websocket");
  // A frame of 1000 bytes has 4 of its own and, from a client, 4 of a mask; a close frame has 2 and 4.
  assert.deepEqual(sizes(event), [1000 + 8 + 6, 1000 + 4 + 2]);
  assert.ok(!JSON.stringify(event).includes(secret));
});

test("a refused websocket has the status it was refused with", async () => {
  const event = await one(
    () =>
      new Promise((resolve) => {
        const client = new WebSocket(`${gateway.url.replace("http", "ws")}/api/refused`);
        client.on("error", resolve);
      }),
  );
  assert.deepEqual([event.status, sizes(event)[1]], [403, 2]);
});

test("files are tracked where the route says so, and what it leaves out is not", async () => {
  const events = await during(2, async () => {
    for (const path of ["/api/health", "/api/quiet/a/b", "/plain/x", "/files/nothing.txt"])
      await ask(gateway.url + path);
    await ask(`${gateway.url}/api/a`, { method: "PUT" });
    await ask(`${gateway.url}/files/price-list.csv`);
    await ask(`${gateway.url}/files/price-list.csv`, { headers: { range: "bytes=0-1" } });
  });
  assert.deepEqual(
    events.map((event) => [event.name, event.page_path, event.status, sizes(event)[1]]),
    [
      ["download", "/files/price-list.csv", 200, 8],
      ["download", "/files/price-list.csv", 206, 2],
    ],
  );
});

test("who may not be counted has no id and no address, and bots are labelled", async () => {
  const events = await during(4, async () => {
    const url = `${gateway.url}/api/a`;
    await ask(url, { headers: { ...cookies, "sec-gpc": "1" } });
    await ask(url, { headers: { cookie: `${cookies.cookie}; tp_optout=1` } });
    await ask(url, { headers: { cookie: `${cookies.cookie}; tp_consent=denied` } });
    await ask(url, { headers: { ...cookies, "user-agent": "curl/8.5.0" } });
  });
  const [gpc, optout, denied, bot] = events;
  for (const event of [gpc, optout, denied]) {
    for (const column of ["client_id", "client_session_id", "ip_address", "experiments"] as const)
      assert.equal(event?.[column] ?? null, null, column);
  }
  assert.equal(denied?.consent, "denied");
  assert.match(bot?.bot ?? "", /^script/);
  assert.equal(bot?.experiments ?? null, null);
});

test("paths beyond the limit of the route are others", async () => {
  const events = await during(4, async () => {
    for (const path of ["/gone/b", "/gone/c", "/gone/d", "/gone/b"]) await ask(gateway.url + path);
  });
  assert.deepEqual(
    events.map((event) => event.page_path),
    ["/gone/b", "(other)", "(other)", "/gone/b"],
    "/gone/a came before",
  );
});

test("tracked requests alone make no visitor and no session, and are counted apart", async () => {
  const visitor = newVisitor(gateway.url);
  await during(3, async () => {
    for (let i = 0; i < 3; i++) {
      const answer = await visitor.ask("/api/a");
      assert.equal(answer.headers["set-cookie"], undefined);
    }
  });
  await settle(gateway.data);
  const overview = (await (await gateway.admin("/api/overview")).json()) as Overview;
  assert.equal(overview.totals.visitors, 0);
  assert.equal(overview.totals.sessions, 0);
  assert.equal(overview.totals.events, 0);
  assert.equal(overview.totals.requests, tracked().filter((event) => !event.bot).length);
  assert.equal(overview.missed?.requestsDropped, 0);
  assert.deepEqual(overview.newest.at(-1)?.request?.method, "GET");
  assert.deepEqual(queryData(gateway.data, "SELECT count(*) AS n FROM visitors")[0]?.["n"], 0);
});

test("the export has them with their columns and properties", async () => {
  const { code, out, err } = await runTurnpike([
    "export",
    "--format",
    "jsonl",
    "--flat",
    "--data",
    gateway.data,
  ]);
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  const rows = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((row) => row["name"] === "request");
  assert.ok(rows.length > 10);
  const row = rows.find((found) => found["page_path"] === "/api/users/:id/mails/:email");
  assert.equal(row?.["status"], 201);
  assert.equal(row?.["params_method"], "POST");
  assert.equal(row?.["params_response_bytes"], 12);
  assert.equal(row?.["session_id"], null, "it belongs to no session");
});

test("settings that cannot be followed are refused with their place", async () => {
  const file = join(folder, "wrong.json");
  const track = { methods: ["post"], include: ["api/*"], name: "document", pathes: 1 };
  writeFileSync(file, JSON.stringify({ routes: [{ path: "/", static: { dir: folder }, track }] }));
  const { code, out, err } = await runTurnpike(["check", "--config", file]);
  assert.notEqual(code, 0);
  for (const mistake of [
    "track.methods[0]:",
    "track.include[0]:",
    "track.name:",
    "track: unknown key `pathes`",
  ])
    assert.ok(`${out}${err}`.includes(`routes[0].${mistake}`), `${mistake}: ${out}${err}`);
});
