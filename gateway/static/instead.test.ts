/** What answers where there is no file: the application's page, or the site's page for what is not found. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStatic } from "./static.ts";
import { askHandler, makeFolder } from "./test-folder.ts";

const { dir } = makeFolder({
  "index.html": "<p>app</p>",
  "404.html": `<p>not here</p>${" ".repeat(2000)}`,
  "about.txt": "about",
  "bare/x.txt": "x",
});

test("an application's addresses answer with its page", async () => {
  const handle = createStatic({ dir, fallback: "index.html" });
  const get = (head: string) => askHandler(handle, head);
  const etag = (await get("GET /")).headers.get("etag");
  for (const path of [
    "/orders",
    "/orders/17",
    "/user/ada.lovelace",
    "/old.html",
    "/bare/",
    "/a//b".slice(0, 2),
  ]) {
    const answer = await get(`GET ${path}`);
    assert.deepEqual([answer.status, answer.body], [200, "<p>app</p>"], path);
    assert.deepEqual([answer.headers.get("cache-control"), answer.headers.get("etag")], ["no-cache", etag]);
  }
  assert.equal((await get(`GET /orders\nIf-None-Match: ${etag}`)).status, 304);
  assert.equal((await get("GET /orders\nSec-Fetch-Dest: document")).status, 200);
  assert.equal((await get("GET /orders\nSec-Fetch-Dest: empty")).status, 200);
  assert.equal((await get("GET /about.txt")).body, "about");
});

test("what a page is made of is never answered with a page", async () => {
  const handle = createStatic({ dir, fallback: "index.html" });
  for (const head of [
    "GET /gone.js",
    "GET /gone.css",
    "GET /gone.json",
    "GET /gone.png",
    "GET /module\nSec-Fetch-Dest: script",
    "GET /style\nSec-Fetch-Dest: style",
    "GET /.env",
    "GET /orders%2f17",
    "GET /a//b",
  ]) {
    assert.equal((await askHandler(handle, head)).status, 404, head);
  }
  for (const [dest, status] of [
    ["document", 200],
    ["script", 404],
    ["document", 200],
  ] as const) {
    assert.equal((await askHandler(handle, `GET /orders/9\nSec-Fetch-Dest: ${dest}`)).status, status, dest);
  }
});

test("the site's own page says 404, without a state that could be asked for", async () => {
  const handle = createStatic({ dir });
  const answer = await askHandler(handle, "GET /nothing");
  assert.equal(answer.status, 404);
  assert.match(answer.body, /not here/);
  assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(answer.headers.get("cache-control"), "no-cache");
  for (const name of ["etag", "last-modified", "accept-ranges"]) {
    assert.equal(answer.headers.has(name), false, name);
  }
  for (const field of ["If-None-Match: *", 'If-Match: "x"', "Range: bytes=0-1", "Range: bytes=999999-"]) {
    assert.equal((await askHandler(handle, `GET /nothing\n${field}`)).status, 404, field);
  }
  const head = await askHandler(handle, "HEAD /nothing");
  assert.deepEqual([head.status, head.body], [404, ""]);
  assert.equal(head.headers.get("content-length"), String(answer.body.length));
  const packed = await askHandler(handle, "GET /nothing\nAccept-Encoding: gzip");
  assert.deepEqual([packed.status, packed.headers.get("content-encoding")], [404, "gzip"]);
  assert.equal((await askHandler(handle, "GET /.env")).status, 404);
  assert.equal((await askHandler(handle, "GET /404.html")).status, 200);
});

test("without such a page a sentence says so", async () => {
  for (const notFound of [null, "missing.html"]) {
    const answer = await askHandler(createStatic({ dir, notFound }), "GET /nothing");
    assert.deepEqual([answer.status, answer.body], [404, "there is no such file\n"]);
  }
});
