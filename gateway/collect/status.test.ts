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

test("the site's own pages and whoever types the address may clear it, pages of other sites may not", async () => {
  const server = await serve(clear);
  for (const field of ["", "\nSec-Fetch-Site: none", "\nSec-Fetch-Site: same-origin"]) {
    const answer = await ask(server.port, `GET /clear${field}`);
    assert.deepEqual([answer.status, answer.headers.get("clear-site-data")], [200, '"*"']);
  }
  for (const field of ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"]) {
    const answer = await ask(server.port, `GET /clear\n${field}`);
    assert.deepEqual([answer.status, answer.headers.get("clear-site-data")], [403, undefined]);
  }
  await server.close();
});
