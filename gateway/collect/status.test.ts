import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, serve } from "../http/test-server.ts";
import { clear, ping, status } from "./status.ts";

test("a ping is answered with pong, to any page", async () => {
  const server = await serve(ping);
  const answer = await ask(server.port, "GET /ping\nOrigin: https://elsewhere.example");
  assert.deepEqual([answer.status, answer.headers.get("access-control-allow-origin")], [200, "*"]);
  assert.match(answer.text, /pong/);
  await server.close();
});

test("the status names who asks and how many are connected, as the original did", async () => {
  const server = await serve(status(() => 3));
  const answer = await ask(server.port, "GET /status");
  const body = answer.text.slice(answer.text.indexOf("["), answer.text.lastIndexOf("]") + 1);
  assert.deepEqual(JSON.parse(body), [
    { Key: "client", Value: "127.0.0.1" },
    { Key: "conns", Value: 3 },
  ]);
  await server.close();
});

test("a page of the site may have our cookies forgotten by POST; nobody else, and nothing else", async () => {
  const server = await serve(clear(() => ["vid=; Max-Age=0", "sid=; Max-Age=0"]));
  for (const field of ["Sec-Fetch-Site: same-origin", "Origin: https://shop.example"]) {
    const answer = await ask(server.port, `POST /clear\nContent-Length: 0\n${field}`);
    assert.deepEqual([answer.status, answer.body], [200, "OK"]);
    assert.match(answer.text, /set-cookie: vid=; Max-Age=0\r\n.*set-cookie: sid=; Max-Age=0\r\n/is);
    assert.equal(answer.headers.get("clear-site-data"), undefined);
  }
  const refused: readonly [request: string, status: number][] = [
    ["GET /clear\nSec-Fetch-Site: same-origin", 405],
    ["HEAD /clear\nOrigin: https://shop.example", 405],
    ["POST /clear\nContent-Length: 0", 403],
    ["POST /clear\nContent-Length: 0\nSec-Fetch-Site: cross-site", 403],
    ["POST /clear\nContent-Length: 0\nOrigin: https://evil.example", 403],
  ];
  for (const [request, status] of refused) {
    const answer = await ask(server.port, request);
    assert.equal(answer.status, status, request);
    assert.equal(answer.headers.get("set-cookie"), undefined);
    assert.equal(answer.headers.get("allow"), status === 405 ? "POST" : undefined);
  }
  await server.close();
});
