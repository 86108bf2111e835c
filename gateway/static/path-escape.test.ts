import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { exchangeBytes, serve } from "../http/test-server.ts";
import { createStatic } from "./static.ts";
import { askHandler, makeFolder } from "./test-folder.ts";

const { dir: base } = makeFolder({
  "secret.txt": "secret",
  "public-too/secret.txt": "secret",
  "public/digits.txt": "0123456789",
  "public/app.js": "let a;",
  "public/folder/index.html": "<p>folder</p>",
  "public/a b/ü.txt": "umlaut",
  "public/.env": "secret",
  "public/.env.gz": "secret",
  "public/.git/config": "secret",
  "public/.well-known/security.txt": "contact",
  "public/.well-known/.hidden": "secret",
});
const dir = join(base, "public");
symlinkSync("../secret.txt", join(dir, "link-out.txt"));
symlinkSync("../secret.txt", join(dir, "app.js.br"));
symlinkSync("..", join(dir, "folder-out"));
symlinkSync(join(base, "public-too"), join(dir, "neighbour"));
symlinkSync("loop", join(dir, "loop"));
execFileSync("mkfifo", [join(dir, "pipe")]);

const handle = createStatic({ dir });
const get = (head: string) => askHandler(handle, head);

test("nothing outside the folder, hidden, or not a file is given away, in any writing", async () => {
  const cases: readonly [path: string, status: number][] = [
    ["/../secret.txt", 400],
    ["/..", 400],
    ["/folder/..", 400],
    ["/folder/../app.js", 400],
    ["/./app.js", 400],
    ["/%2e%2e/secret.txt", 400],
    ["/%2E%2e/secret.txt", 400],
    ["/.%2e/secret.txt", 400],
    ["/%2e./secret.txt", 400],
    ["/..%2fsecret.txt", 400],
    ["/..%2Fsecret.txt", 400],
    ["/folder%2f..%2f..%2fsecret.txt", 400],
    ["/folder%2findex.html", 404],
    ["/folder/%2e%2e%2f%2e%2e/secret.txt", 400],
    ["/.%2f..%2fsecret.txt", 400],
    ["/%2e%2e%2fsecret.txt", 400],
    ["/%2fetc%2fpasswd", 404],
    ["/folder/%2e", 400],
    ["/..;/secret.txt", 404],
    ["/..%00/secret.txt", 400],
    ["/%2e%2e%5csecret.txt", 400],
    ["/folder/...%2f.env", 404],
    ["/..\\secret.txt", 400],
    ["/..%5csecret.txt", 400],
    ["/%252e%252e/secret.txt", 404],
    ["/%252e%252e%252fsecret.txt", 404],
    ["/%c0%ae%c0%ae/secret.txt", 400],
    ["/%e0%80%ae%e0%80%ae/secret.txt", 400],
    ["/%uff0e%uff0e/secret.txt", 400],
    ["/．．/secret.txt", 400],
    ["/....//secret.txt", 404],
    ["/...", 404],
    ["/%00", 400],
    ["/digits.txt%00.html", 400],
    ["/%", 400],
    ["/%zz", 400],
    ["//etc/passwd", 404],
    ["/etc/passwd", 404],
    ["/C:/secret.txt", 404],
    ["/.env", 404],
    ["/.env.gz", 404],
    ["/.", 400],
    ["/%2eenv", 404],
    ["/.git/config", 404],
    ["/.well-known/.hidden", 404],
    ["/folder/.well-known/x", 404],
    ["/link-out.txt", 404],
    ["/folder-out/secret.txt", 404],
    ["/folder-out/", 404],
    ["/neighbour/secret.txt", 404],
    ["/loop", 404],
    ["/pipe", 404],
    ["/digits.txt/", 404],
    ["/digits.txt/x", 404],
    ["/nothing", 404],
    ["/Digits.txt", 404],
    [`/${"x".repeat(300)}`, 404],
  ];
  for (const [path, status] of cases) {
    const answer = await get(`GET ${Buffer.from(path).toString("latin1")}`);
    assert.equal(answer.status, status, path);
    assert.doesNotMatch(answer.body, /secret$/, path);
  }
  assert.equal((await get("GET /.well-known/security.txt")).body, "contact");
  assert.equal((await get("GET /a%20b/%C3%BC.txt")).body, "umlaut");
});

test("a compressed file beside is not taken from outside either", async () => {
  const answer = await get("GET /app.js\nAccept-Encoding: br");
  assert.deepEqual([answer.body, answer.headers.get("content-encoding")], ["let a;", undefined]);
});

test("what hangs on no rule of paths cannot get out: bytes as no client sends them", async () => {
  const server = await serve(handle);
  for (const target of [
    "../secret.txt",
    "/../secret.txt",
    "//../secret.txt",
    "/\\..\\secret.txt",
    "/\x2e\x2e/secret.txt",
    "/\xc0\xae\xc0\xae/secret.txt",
    "/\xc0\xafsecret.txt",
    "/folder/..\x00/secret.txt",
    "/folder/..\t/secret.txt",
    "file:///secret.txt",
    "http://shop.example/../secret.txt",
    "*",
  ]) {
    const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, "latin1");
    const text = await exchangeBytes(server.port, bytes);
    assert.match(text, /^HTTP\/1\.1 40[04] /, JSON.stringify(target));
    assert.doesNotMatch(text, /secret$/);
  }
  await server.close();
});

test("/.well-known/ is served unless the settings say otherwise", async () => {
  const closed = createStatic({ dir, wellKnown: false });
  assert.equal((await askHandler(closed, "GET /.well-known/security.txt")).status, 404);
  assert.equal((await askHandler(closed, "GET /app.js")).status, 200);
});
