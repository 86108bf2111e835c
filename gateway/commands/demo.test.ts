import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import type { WireBatch, WireEvent } from "../model/wire.ts";
import type { DemoRequest } from "./demo-client.ts";
import { visit } from "./demo-visitor.ts";
import { run } from "./run-for-test.ts";

interface Seen {
  readonly what: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let server: Server;
let url: string;
let seen: Seen[];
let collectStatus: number;
let isShop: boolean;
let visitors: number;

// A site behind a gateway, as far as a browser can see: cookies, variants and page-load ids in the page.
const answer = (req: IncomingMessage, res: ServerResponse, body: string) => {
  const path = req.url?.split("?", 1)[0] ?? "";
  const isDocument = path === "/" || path === "/pricing/";
  seen.push({ what: `${req.method} ${isDocument ? path : req.url}`, headers: req.headers, body });
  if (path === "/api/demo") return res.writeHead(isShop ? 200 : 404).end('{"admin":"http://127.0.0.1:1"}');
  if (path === "/tr/v1/") return res.writeHead(collectStatus).end();
  if (path === "/api/order") return res.writeHead(201).end('{"order":"TB-1","total":11,"currency":"EUR"}');
  if (!isDocument) return res.writeHead(404).end();
  if (!req.headers.cookie) {
    visitors++;
    res.setHeader("set-cookie", [`vid=v${visitors}; Path=/; HttpOnly`, "xid=headline.b; Path=/"]);
  }
  return res.end(
    `<!doctype html><html lang="en" data-x-headline="b"><title>Shop</title><script src="/track.js" data-page-load="load-${seen.length}"></script>`,
  );
};

before(async () => {
  server = createServer(async (req, res) => answer(req, res, (await req.toArray()).join("")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  seen = [];
  visitors = 0;
  collectStatus = 200;
  isShop = true;
});

const demo = (count: number) => run(["demo", "--visitors", String(count), "--url", url]);
const posts = () => seen.filter(({ what }) => what === "POST /tr/v1/");
const eventsOf = (body: string): readonly WireEvent[] => (JSON.parse(body) as WireBatch).events;

test("each visitor opens two pages with cookies of its own, and tells the gateway of both", async () => {
  const { code, out, err } = await demo(20);
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(visitors, 20);
  const pageViews = posts().filter(({ body }) => eventsOf(body)[0]?.ename === "page_view");
  assert.equal(pageViews.length, 40);
  assert.equal(new Set(pageViews.map(({ headers }) => headers.cookie)).size, 20);
  assert.equal(new Set(pageViews.map(({ body }) => eventsOf(body)[0]?.plid)).size, 40);
  assert.match(out, /^20 visitors: 40 pages, \d+ purchases?; \d+ events acknowledged in /);
  assert.match(out, /turnpike demo --remove/);
});

test("the visitors are marked, speak plain text and name their origin", async () => {
  await demo(1);
  assert.ok(seen.every(({ headers }) => headers["user-agent"]?.endsWith("TurnpikeDemo/1")));
  const [first] = posts();
  assert.equal(first?.headers["content-type"], "text/plain;charset=UTF-8");
  assert.equal(first?.headers.origin, url);
  const [event] = eventsOf(first?.body ?? "");
  assert.equal(event?.title, "Shop");
  assert.ok(event?.url?.startsWith(`${url}/`));
});

test("a site that is no demo shop gets no orders and no purchases", async () => {
  isShop = false;
  const { code, err } = await demo(5);
  assert.equal(code, 0);
  assert.match(err, /not the demo shop/);
  assert.deepEqual(
    new Set(seen.map(({ what }) => what)),
    new Set(["GET /api/demo", "GET /", "POST /tr/v1/"]),
  );
});

test("refused events are counted by their status, and none acknowledged is a failure", async () => {
  collectStatus = 503;
  const { code, out, err } = await demo(3);
  assert.equal(code, 1);
  assert.match(out, /; 0 events acknowledged/);
  assert.match(err, /^\d+ requests refused: \d+ with 503\n$/);
});

test("a gateway that does not run is one sentence", async () => {
  const { code, out, err } = await run(["demo", "--visitors", "20", "--url", "http://127.0.0.1:1"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(
    err,
    /^demo: nothing answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\): start the gateway, or .*\n$/,
  );
});

for (const [variant, random, buys] of [
  ["control", 0.03, true],
  ["control", 0.2, false],
  ["b", 0.2, true],
  ["b", 0.3, false],
] as const) {
  test(`a visitor who drew ${random} and saw ${variant} ${buys ? "buys" : "does not buy"}`, async () => {
    const sent: DemoRequest[] = [];
    const html = `<html data-x-headline="${variant}">`;
    const visited = await visit({
      origin: "http://shop.example",
      collectPath: "/tr/v1/",
      isShop: true,
      now: () => 1_000,
      random: () => random,
      send: async (what) => {
        sent.push(what);
        const body = what.path === "/api/order" ? '{"total":11,"currency":"EUR"}' : html;
        return { status: 200, headers: {}, body };
      },
    });
    assert.deepEqual([visited.pages, visited.purchases, visited.events], [2, buys ? 1 : 0, buys ? 3 : 2]);
    const [last] = eventsOf(sent.at(-1)?.body ?? "");
    if (buys)
      assert.deepEqual(
        [last?.ename, last?.type, last?.value, last?.currency],
        ["purchase", "outcome", 11, "EUR"],
      );
    else assert.equal(last?.ename, "page_view");
  });
}

test("cookies that the site takes back are not sent again", async () => {
  const sent: DemoRequest[] = [];
  await visit({
    origin: "http://shop.example",
    collectPath: "/tr/v1/",
    isShop: true,
    now: () => 1_000,
    random: () => 0.5,
    send: async (what) => {
      sent.push(what);
      const cookie = sent.length === 1 ? ["a=1; Path=/", "b=x=y; Path=/"] : ["a=; Path=/; Max-Age=0"];
      return { status: 200, headers: { "set-cookie": cookie }, body: "" };
    },
  });
  assert.deepEqual(
    sent.map(({ headers }) => headers["cookie"]),
    [undefined, "a=1; b=x=y", "b=x=y", "b=x=y"],
  );
});
