import assert from "node:assert/strict";
import { renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exchangeBytes, serve } from "../http/test-server.ts";
import { mediaType } from "./mime.ts";
import { staticSettings } from "./settings.ts";
import { createStatic } from "./static.ts";
import { askHandler, makeFolder, noneOpen } from "./test-folder.ts";

const big = Buffer.alloc(300_000, "0123456789");
const { dir, write } = makeFolder({
  "index.html": "<p>home</p>",
  "app.js": "let a;",
  "app.3f2a9c01.js": "let hashed;",
  "digits.txt": "0123456789",
  "big.bin": big,
  "big.html": `<p>${"x".repeat(100_000)}</p>`,
  "folder/index.html": "<p>folder</p>",
  "bare/file.txt": "x",
  "evil.example/x.txt": "x",
  "a b/x.txt": "x",
  "a:b/x.txt": "x",
  "store/v1": "let linked;",
});
symlinkSync("store/v1", join(dir, "linked.js"));

let now = Date.UTC(2100, 0); // no file is dated later
const handle = createStatic({ dir }, { clock: () => now });
const get = (head: string) => askHandler(handle, head);

test("a file comes with its type, validators and caching", async () => {
  for (const time of ["first", "again, from memory"]) {
    const answer = await get("GET /digits.txt");
    assert.equal(answer.status, 200, time);
    assert.equal(answer.body, "0123456789");
    assert.deepEqual(
      Object.fromEntries([...answer.headers].filter(([name]) => name !== "date" && name !== "connection")),
      {
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=300",
        "content-length": "10",
        "content-type": "text/plain; charset=utf-8",
        etag: '"hNiYd_DUBB77a_ka"',
        "last-modified": "Sat, 15 Jun 2024 12:00:00 GMT",
        vary: "Accept-Encoding",
        "x-content-type-options": "nosniff",
      },
    );
  }
});

test("headers of the settings are on every answer with a file, whole, in part, not modified or not found", async () => {
  const headers = { "Content-Security-Policy": "default-src 'self'", "X-Frame-Options": "DENY" };
  const guarded = createStatic({ dir, headers, notFound: "index.html" });
  const etag = (await get("GET /digits.txt")).headers.get("etag");
  for (const [head, status] of [
    ["GET /digits.txt", 200],
    ["GET /digits.txt", 200], // from memory
    ["HEAD /big.bin", 200],
    ["GET /big.bin\nRange: bytes=0-1", 206],
    [`GET /digits.txt\nIf-None-Match: ${etag}`, 304],
    ["GET /nothing", 404],
  ] as const) {
    const answer = await askHandler(guarded, head);
    assert.equal(answer.status, status, head);
    assert.equal(answer.headers.get("content-security-policy"), "default-src 'self'", head);
    assert.equal(answer.headers.get("x-frame-options"), "DENY", head);
  }
});

test("headers that a file itself says cannot be set", () => {
  for (const name of ["ETag", "content-type", "Cache-Control", "Connection", "a b"]) {
    assert.equal(staticSettings.safeParse({ dir, headers: { [name]: "x" } }).success, false, name);
  }
});

test("documents are asked for again every time, other files are kept for a while", async () => {
  assert.equal((await get("GET /index.html")).headers.get("cache-control"), "no-cache");
  assert.equal((await get("GET /app.js")).headers.get("cache-control"), "public, max-age=300");
  const hashed = (await get("GET /app.3f2a9c01.js")).headers.get("cache-control");
  assert.equal(hashed, "public, max-age=31536000, immutable");
});

test("a folder answers with its index, or with nothing", async () => {
  assert.equal((await get("GET /")).body, "<p>home</p>");
  assert.equal((await get("GET /folder/?x=1")).body, "<p>folder</p>");
  assert.equal((await get("GET /bare/")).status, 404);
});

test("a folder without its slash is sent to the form with it, on this host, whatever it is called", async () => {
  const cases: readonly [path: string, location: string][] = [
    ["/folder", "./folder/"],
    ["/folder?a=1&b", "./folder/?a=1&b"],
    ["/evil.example", "./evil.example/"],
    ["/a%20b", "./a%20b/"],
    ["/a:b", "./a:b/"],
  ];
  for (const [path, location] of cases) {
    const answer = await get(`GET ${path}`);
    assert.deepEqual([answer.status, answer.headers.get("location")], [308, location], path);
    const there = new URL(location, `http://shop.example${path}`);
    assert.equal(
      there.href,
      `http://shop.example${path.split("?")[0]}/${path.slice(path.split("?")[0]?.length)}`,
    );
  }
  assert.equal((await get("GET //evil.example")).status, 404);
});

test("HEAD is GET without the body, and other methods are refused", async () => {
  for (const path of ["/digits.txt", "/big.bin"]) {
    const head = await get(`HEAD ${path}`);
    const full = await get(`GET ${path}`);
    assert.equal(head.body, "");
    assert.equal(head.headers.get("content-length"), full.headers.get("content-length"));
    assert.equal(head.headers.get("etag"), full.headers.get("etag"));
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const answer = await get(`${method} /digits.txt`);
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "GET, HEAD"], method);
  }
});

test("files of any size come whole", async () => {
  assert.equal((await get("GET /big.bin")).body, big.toString("latin1"));
  assert.equal((await get("GET /big.html")).body.length, 100_007);
});

test("a link inside the folder is followed and keeps its own type", async () => {
  const answer = await get("GET /linked.js");
  assert.equal(answer.body, "let linked;");
  assert.equal(answer.headers.get("content-type"), "text/javascript; charset=utf-8");
});

test("a file that changes, moves or goes is seen at once if it was not asked for in the last tenth of a second", async () => {
  const later = (head: string) => {
    now += 100;
    return get(head);
  };
  write("changing.txt", "one");
  const one = await get("GET /changing.txt");
  write("changing.txt", "two!");
  assert.equal((await get("GET /changing.txt")).body, "one", "not looked at again");
  const two = await later(`GET /changing.txt\nIf-None-Match: ${one.headers.get("etag")}`);
  assert.deepEqual([one.body, two.body, two.status], ["one", "two!", 200]);
  rmSync(join(dir, "changing.txt"));
  assert.equal((await later("GET /changing.txt")).status, 404);

  // A release is switched by moving a link: same names, sizes and even times, other files.
  for (const release of ["r1", "r2"]) write(`${release}/f.txt`, release, 1_700_000_000);
  symlinkSync("r1", join(dir, "current"));
  const first = await get("GET /current/f.txt");
  symlinkSync("r2", join(dir, "next"));
  renameSync(join(dir, "next"), join(dir, "current"));
  const second = await later("GET /current/f.txt");
  assert.deepEqual([first.body, second.body], ["r1", "r2"]);
  assert.notEqual(first.headers.get("etag"), second.headers.get("etag"));

  // Some tools set the time back when they have changed a file.
  write("set-back.txt", "a", 1_700_000_000);
  const before = await get("GET /set-back.txt");
  const { ctimeMs } = statSync(join(dir, "set-back.txt"));
  do write("set-back.txt", "b", 1_700_000_000);
  while (statSync(join(dir, "set-back.txt")).ctimeMs === ctimeMs); // a disk's clock may tick every 4 ms only
  const after = await later("GET /set-back.txt");
  assert.deepEqual([before.body, after.body], ["a", "b"]);
});

test("a large file that is replaced is never sent with the tag of the one before", async () => {
  write("large.bin", "1".repeat(100_000));
  const one = await get("GET /large.bin");
  write("large.bin", "2".repeat(90_000));
  const two = await get("GET /large.bin");
  assert.deepEqual([two.status, two.body.length, two.body[0]], [200, 90_000, "2"]);
  assert.notEqual(one.headers.get("etag"), two.headers.get("etag"));
  rmSync(join(dir, "large.bin"));
  assert.equal((await get("GET /large.bin")).status, 404);
});

test("a client that goes away in the middle, or that wants the head alone, leaves no file open", async () => {
  write("endless.bin", Buffer.alloc(20_000_000));
  const server = await serve(handle);
  for (const range of ["", "Range: bytes=0-9999999,10000000-\r\n"]) {
    const head = `GET /endless.bin HTTP/1.1\r\nHost: a\r\n${range}\r\n`;
    await exchangeBytes(server.port, head, "\0".repeat(1000));
  }
  await server.close();
  assert.equal((await get("HEAD /endless.bin")).headers.get("content-length"), "20000000");
  await noneOpen(dir);
});

test("a file has the same tag on every machine, and as long as its content is the same", async () => {
  write("same.txt", "same", 1_700_000_000);
  const one = await get("GET /same.txt");
  write("same.txt", "same", 1_700_000_001);
  now += 100;
  const two = await get("GET /same.txt");
  assert.equal(one.headers.get("etag"), two.headers.get("etag"));
  assert.notEqual(one.headers.get("last-modified"), two.headers.get("last-modified"));
});

test("without memory for files everything is answered all the same", async () => {
  const answer = await askHandler(
    createStatic({ dir, cacheBytes: 0 }),
    "GET /big.html\nAccept-Encoding: gzip",
  );
  assert.equal(answer.headers.get("content-encoding"), "gzip");
  assert.equal((await askHandler(createStatic({ dir, cacheBytes: 0 }), "GET /app.js")).body, "let a;");
});

test("the route's path can be taken off the front", async () => {
  const below = createStatic({ dir, strip: true }, { base: "/docs/" });
  const cases: readonly [path: string, status: number, body: string | null][] = [
    ["/docs/app.js", 200, "let a;"],
    ["/docs/", 200, "<p>home</p>"],
    ["/docs/folder/", 200, "<p>folder</p>"],
    ["/docs", 308, ""],
    ["/app.js", 404, null],
    ["/d%6Fcs/app.js", 200, "let a;"],
    ["/docs/docs/app.js", 404, null],
    ["/docs/../app.js", 400, null],
  ];
  for (const [path, status, body] of cases) {
    const answer = await askHandler(below, `GET ${path}`);
    assert.equal(answer.status, status, path);
    if (body !== null) assert.equal(answer.body, body, path);
    if (status === 308) assert.equal(answer.headers.get("location"), "./docs/");
  }
});

test("a folder that is not there has no files", async () => {
  const answer = await askHandler(createStatic({ dir: join(dir, "nowhere") }), "GET /");
  assert.equal(answer.status, 404);
});

test("pages of the settings lie below the folder", () => {
  for (const name of ["404.html", "errors/404.html", "a..b", "..x/y"]) {
    assert.equal(staticSettings.parse({ dir: "x", notFound: name }).notFound, name);
  }
  for (const name of ["", "/404.html", "../404.html", "a/../b", "a/..", "./a", "a//b", "a/", "a\\b", "a\0"]) {
    assert.equal(staticSettings.safeParse({ dir: "x", fallback: name }).success, false, name);
  }
});

test("a media type follows the name's ending", () => {
  const cases: readonly [file: string, type: string][] = [
    ["a.HTML", "text/html; charset=utf-8"],
    ["a.min.js", "text/javascript; charset=utf-8"],
    ["a.woff2", "font/woff2"],
    ["a", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
    ["a.__proto__", "application/octet-stream"],
    ["html", "application/octet-stream"],
  ];
  for (const [file, type] of cases) assert.equal(mediaType(file), type, file);
});
