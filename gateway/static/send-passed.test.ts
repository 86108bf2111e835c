/** Files on their way through passes, such as those that put a script into pages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { BodyPass, Exchange, ResponseHead } from "../http/exchange.ts";
import { createStatic } from "./static.ts";
import { askHandler, bytesOf, makeFolder, noneOpen } from "./test-folder.ts";

const page = `<p>${"word ".repeat(1000)}</p>`;
const { dir } = makeFolder({
  "page.html": page,
  "page.html.br": "(would be sent as it is)",
  "small.html": "<p>small</p>",
  "huge.html": Buffer.alloc(5 * 1024 * 1024, "huge page "),
  "404.html": page,
  "data.json": `[${"1,".repeat(1000)}0]`,
  "large.json": `[${"1,".repeat(100_000)}0]`,
});
const handle = createStatic({
  dir,
  cacheControl: [{ files: "public.html", value: "public, max-age=60" }],
});

/** As the room of the documents does: our own answer, to which the client's conditions do not apply. */
const own = (x: Exchange, pass: (head: ResponseHead) => BodyPass | undefined): void => {
  for (const name of ["if-none-match", "if-modified-since", "if-match", "if-range", "range"]) {
    x.requestEdits.set(name, null);
  }
  x.requestEdits.set("accept-encoding", "identity");
  x.responsePasses.push(pass);
};

const appending: BodyPass = { push: (chunk) => chunk, end: () => Buffer.from("|added") };
const change = (head: ResponseHead): BodyPass => {
  head.headers.set("cache-control", "private, no-cache");
  head.headers.set("vary", "Accept-Encoding, Cookie");
  head.headers.set("etag", '"ours"');
  head.headers.delete("accept-ranges");
  return appending;
};
const changed = (head: string) => askHandler(handle, head, (x) => own(x, change));
const untouched = (head: string) => askHandler(handle, head, (x) => own(x, () => undefined));

test("a page that is changed goes whole, whatever part or state was asked for", async () => {
  const fields = 'If-None-Match: *\nIf-Match: "x"\nRange: bytes=0-1';
  const answer = await changed(`GET /page.html\n${fields}`);
  assert.deepEqual([answer.status, answer.body], [200, `${page}|added`]);
  assert.equal(answer.headers.get("content-length"), String(page.length + 6));
  assert.equal(answer.headers.get("content-encoding"), undefined);
  assert.equal(answer.headers.get("etag"), '"ours"');
});

test("it is compressed after the change, and its tag says that it is the same in every coding", async () => {
  for (const [coding, unpack] of [
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
  ] as const) {
    const answer = await changed(`GET /page.html\nAccept-Encoding: ${coding}`);
    assert.equal(answer.headers.get("content-encoding"), coding);
    assert.equal(unpack(bytesOf(answer)).toString(), `${page}|added`);
    assert.equal(answer.headers.get("etag"), 'W/"ours"');
    assert.equal(answer.headers.get("vary"), "Accept-Encoding, Cookie");
    assert.equal(Number(answer.headers.get("content-length")), answer.body.length);
  }
  const zstd = await changed("GET /page.html\nAccept-Encoding: zstd");
  assert.equal(zstd.headers.get("content-encoding"), undefined);
  const small = await changed("GET /small.html\nAccept-Encoding: br");
  assert.deepEqual([small.body, small.headers.get("etag")], ["<p>small</p>|added", '"ours"']);
});

test("what says no-transform, or is compressed by a pass, stays so", async () => {
  for (const [name, value] of [
    ["cache-control", "private, no-transform"],
    ["content-encoding", "x-own"],
  ] as const) {
    const answer = await askHandler(handle, "GET /page.html\nAccept-Encoding: br", (x) =>
      own(x, (head) => {
        const pass = change(head);
        head.headers.set(name, value);
        return pass;
      }),
    );
    assert.equal(answer.body, `${page}|added`);
  }
});

test("a 304 that a pass gives has the tag that the page would have", async () => {
  const confirm = (head: ResponseHead): undefined => {
    change(head);
    head.status = 304;
  };
  for (const [field, tag] of [
    ["", '"ours"'],
    ["\nAccept-Encoding: br", 'W/"ours"'],
  ]) {
    const answer = await askHandler(handle, `GET /page.html${field}`, (x) => own(x, confirm));
    assert.deepEqual([answer.status, answer.body, answer.headers.get("etag")], [304, "", tag]);
  }
});

test("what passes leave alone is answered as if they were not there", async () => {
  const plain = await untouched("GET /page.html");
  const etag = plain.headers.get("etag");
  assert.equal(plain.body, page);
  assert.equal((await untouched(`GET /page.html\nIf-None-Match: ${etag}`)).status, 304);
  assert.equal((await untouched('GET /page.html\nIf-Match: "x"')).status, 412);
  const part = await untouched("GET /page.html\nRange: bytes=0-2");
  assert.deepEqual([part.status, part.body], [206, "<p>"]);
  const coded = await untouched("GET /page.html\nAccept-Encoding: br");
  assert.deepEqual([coded.headers.get("content-encoding"), coded.body], ["br", "(would be sent as it is)"]);
  assert.notEqual(coded.headers.get("etag"), etag);
  for (const path of ["/data.json", "/large.json"]) {
    const data = await untouched(`GET ${path}\nAccept-Encoding: gzip`);
    assert.match(gunzipSync(bytesOf(data)).toString(), /^\[1,.*0\]$/);
    assert.equal((await untouched(`GET ${path}\nRange: bytes=-2`)).body, "0]");
  }
});

test("what a pass adds to the head of an untouched file stays", async () => {
  const answer = await askHandler(handle, "GET /data.json\nAccept-Encoding: gzip", (x) =>
    own(x, (head) => void head.headers.set("x-frame-options", "DENY")),
  );
  assert.equal(answer.headers.get("x-frame-options"), "DENY");
  assert.equal(answer.headers.get("content-encoding"), "gzip");
});

test("a page too large to be held streams through the change", async () => {
  const answer = await changed("GET /huge.html\nAccept-Encoding: br");
  assert.equal(answer.headers.get("content-encoding"), undefined);
  assert.match(answer.text, /huge page \r\n6\r\n\|added/, "in chunks");
  const plain = await untouched("GET /huge.html\nRange: bytes=0-3");
  assert.deepEqual([plain.status, plain.body], [206, "huge"]);
  const head = await changed("HEAD /huge.html");
  assert.deepEqual([head.status, head.body], [200, ""]);
});

test("the page for what is not found is changed, too", async () => {
  const answer = await changed("GET /nothing\nAccept-Encoding: gzip");
  assert.equal(answer.status, 404);
  assert.equal(gunzipSync(bytesOf(answer)).toString(), `${page}|added`);
  assert.equal((await untouched("GET /nothing\nRange: bytes=0-1")).body, page);
});

test("a pass that fails is an error, and leaves no file open", async () => {
  for (const path of ["/page.html", "/huge.html", "/large.json"]) {
    const answer = await askHandler(handle, `GET ${path}`, (x) => {
      x.responsePasses.push(() => {
        throw new Error("a pass failed");
      });
    });
    assert.equal(answer.status, 500, path);
  }
  await noneOpen(dir);
});
