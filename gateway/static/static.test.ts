import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Exchange } from "../http/exchange.ts";
import { ask, serve } from "../http/test-server.ts";
import { mediaType } from "./mime.ts";
import { createStatic } from "./static.ts";

const base = mkdtempSync(join(tmpdir(), "static-"));
after(() => rmSync(base, { recursive: true }));
const dir = join(base, "public");
const write = (name: string, content: string | Buffer): void => {
  mkdirSync(join(base, name, ".."), { recursive: true });
  writeFileSync(join(base, name), content);
};
const big = Buffer.alloc(300_000, "0123456789");
write("secret.txt", "secret");
write("public-too/secret.txt", "secret");
write("public/index.html", "<p>home</p>");
write("public/app.js", "let a;");
write("public/digits.txt", "0123456789");
write("public/empty.txt", "");
write("public/big.bin", big);
write("public/big.html", `<p>${"x".repeat(100_000)}</p>`);
write("public/a b/ü.txt", "umlaut");
write("public/folder/index.html", "<p>folder</p>");
write("public/bare/file.txt", "x");
write("public/.env", "secret");
write("public/.git/config", "secret");
write("public/.well-known/security.txt", "contact");
write("public/.well-known/.hidden", "secret");
write("public/evil.example/x.txt", "x");
write("public/a:b/x.txt", "x");
write("public/store/v1", "let linked;");
symlinkSync("../secret.txt", join(dir, "link-out.txt"));
symlinkSync("..", join(dir, "folder-out"));
symlinkSync(join(base, "public-too"), join(dir, "neighbour"));
symlinkSync("store/v1", join(dir, "linked.js"));
symlinkSync("loop", join(dir, "loop"));
utimesSync(join(dir, "digits.txt"), 1_718_452_800, 1_718_452_800);
execFileSync("mkfifo", [join(dir, "pipe")]);

const handle = createStatic({ dir, index: "index.html" });

/** Asks a server that may prepare the exchange first. */
const get = async (head: string, prepare: (x: Exchange) => void = () => {}) => {
  const server = await serve((x) => {
    prepare(x);
    return handle(x);
  });
  try {
    return await ask(server.port, head);
  } finally {
    await server.close();
  }
};

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
        etag: `"${(1_718_452_800_000_000).toString(36)}-a"`,
        "last-modified": "Sat, 15 Jun 2024 12:00:00 GMT",
        "x-content-type-options": "nosniff",
      },
    );
  }
});

test("documents are asked for again every time, other files are kept for a while", async () => {
  assert.equal((await get("GET /index.html")).headers.get("cache-control"), "no-cache");
  assert.equal((await get("GET /app.js")).headers.get("cache-control"), "public, max-age=300");
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

test("conditions and ranges are answered as RFC 9110 says", async () => {
  const etag = (await get("GET /digits.txt")).headers.get("etag") ?? "";
  const date = "Sat, 15 Jun 2024 12:00:00 GMT";
  const cases: readonly [
    section: string,
    head: string,
    status: number,
    body: string | null,
    range?: string,
  ][] = [
    ["§15.4.5", `GET /digits.txt\nIf-None-Match: ${etag}`, 304, ""],
    ["§15.4.5", `HEAD /digits.txt\nIf-None-Match: ${etag}`, 304, ""],
    ["§15.4.5", `GET /digits.txt\nIf-Modified-Since: ${date}`, 304, ""],
    ["§15.5.13", 'GET /digits.txt\nIf-Match: "x"', 412, null],
    ["§13.2.2", `GET /digits.txt\nIf-None-Match: "x"\nIf-Modified-Since: ${date}`, 200, "0123456789"],
    ["§13.2.2 step 5", `GET /digits.txt\nIf-Match: ${etag}\nRange: bytes=0-1`, 206, "01", "bytes 0-1/10"],
    ["§13.2.2 step 3 before 5", `GET /digits.txt\nIf-None-Match: ${etag}\nRange: bytes=0-1`, 304, ""],
    ["§15.3.7", "GET /digits.txt\nRange: bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["§14.1.2", "GET /digits.txt\nRange: bytes=-2", 206, "89", "bytes 8-9/10"],
    ["§14.1.2", "GET /digits.txt\nRange: bytes=8-", 206, "89", "bytes 8-9/10"],
    ["§15.5.17", "GET /digits.txt\nRange: bytes=10-", 416, null, "bytes */10"],
    ["§14.2 several", "GET /digits.txt\nRange: bytes=0-1,3-4", 200, "0123456789"],
    ["§14.2 HEAD", "HEAD /digits.txt\nRange: bytes=0-1", 200, ""],
    ["§13.1.5 same", `GET /digits.txt\nRange: bytes=0-1\nIf-Range: ${etag}`, 206, "01", "bytes 0-1/10"],
    ["§13.1.5 date", `GET /digits.txt\nRange: bytes=0-1\nIf-Range: ${date}`, 206, "01", "bytes 0-1/10"],
    ["§13.1.5 changed", 'GET /digits.txt\nRange: bytes=0-1\nIf-Range: "x"', 200, "0123456789"],
    ["§13.1.5 changed, unsatisfiable", 'GET /digits.txt\nRange: bytes=10-\nIf-Range: "x"', 200, "0123456789"],
    ["empty", "GET /empty.txt", 200, ""],
    ["empty", "GET /empty.txt\nRange: bytes=0-", 416, null, "bytes */0"],
    ["streamed", "GET /big.bin\nRange: bytes=150000-150004", 206, "01234", "bytes 150000-150004/300000"],
  ];
  for (const [section, head, status, body, range] of cases) {
    const answer = await get(head);
    assert.equal(answer.status, status, `${section} ${head}`);
    if (body !== null) assert.equal(answer.body, body, `${section} ${head}`);
    assert.equal(answer.headers.get("content-range"), range, `${section} ${head}`);
    if (status === 304) {
      assert.deepEqual([answer.headers.get("etag"), answer.headers.has("content-length")], [etag, false]);
    }
  }
});

test("files of any size come whole", async () => {
  assert.equal((await get("GET /big.bin")).body, big.toString("latin1"));
  assert.equal((await get("GET /big.html")).body.length, 100_007);
});

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
    ["/..%2fsecret.txt", 404],
    ["/..%2Fsecret.txt", 404],
    ["/folder%2f..%2f..%2fsecret.txt", 404],
    ["/folder%2findex.html", 404],
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

test("a link inside the folder is followed and keeps its own type", async () => {
  const answer = await get("GET /linked.js");
  assert.equal(answer.body, "let linked;");
  assert.equal(answer.headers.get("content-type"), "text/javascript; charset=utf-8");
});

test("a file that changes, moves or goes is seen at the next request", async () => {
  write("public/changing.txt", "one");
  const one = await get("GET /changing.txt");
  write("public/changing.txt", "two!");
  const two = await get(`GET /changing.txt\nIf-None-Match: ${one.headers.get("etag")}`);
  assert.deepEqual([one.body, two.body, two.status], ["one", "two!", 200]);
  rmSync(join(dir, "changing.txt"));
  assert.equal((await get("GET /changing.txt")).status, 404);

  // A release is switched by moving a link: same names, sizes and even times, other files.
  for (const release of ["r1", "r2"]) {
    write(`public/${release}/f.txt`, release);
    utimesSync(join(dir, release, "f.txt"), 1_700_000_000, 1_700_000_000);
  }
  symlinkSync("r1", join(dir, "current"));
  assert.equal((await get("GET /current/f.txt")).body, "r1");
  symlinkSync("r2", join(dir, "next"));
  renameSync(join(dir, "next"), join(dir, "current"));
  assert.equal((await get("GET /current/f.txt")).body, "r2");
});

test("passes see the whole of a document, and edits of the request count", async () => {
  const passed = await get("GET /big.html\nIf-None-Match: *\nRange: bytes=0-1", (x) => {
    x.requestEdits.set("if-none-match", null).set("range", null);
    x.responsePasses.push((head) => {
      head.headers.set("cache-control", "private, no-cache");
      let pushes = 0;
      return {
        push: (chunk) => {
          pushes++;
          return chunk;
        },
        end: () => Buffer.from(`|${pushes}`),
      };
    });
  });
  assert.equal(passed.status, 200);
  assert.match(passed.body, /<\/p>\|1$/);
  assert.equal(passed.headers.get("cache-control"), "private, no-cache");
  assert.equal(passed.headers.get("content-length"), "100009");
});

test("a folder that is not there has no files", async () => {
  const server = await serve(createStatic({ dir: join(base, "nowhere"), index: "index.html" }));
  const answer = await ask(server.port, "GET /");
  await server.close();
  assert.equal(answer.status, 404);
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
