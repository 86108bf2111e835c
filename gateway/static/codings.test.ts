import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { createStatic } from "./static.ts";
import { askHandler, bytesOf, makeFolder, modifiedSeconds } from "./test-folder.ts";

const script = "let words = 'and more words';\n".repeat(300);
const { dir, write } = makeFolder({
  "app.js": script,
  "app.js.br": brotliCompressSync(script),
  "app.js.zst": "(stands for zstd)",
  "app.js.gz": gzipSync(script),
  "made.js": script,
  "small.js": "let a;",
  "random.css": randomBytes(3000),
  "photo.png": "png ".repeat(1000),
  "photo.png.gz": gzipSync("png ".repeat(1000)),
  "large.json": `[${"12345,".repeat(30_000)}0]`,
});
let now = Date.UTC(2100, 0); // no file is dated later
const handle = createStatic({ dir, compressBytes: 250_000 }, { clock: () => now });
const get = (head: string) => askHandler(handle, head);
const codingOf = async (head: string) => (await get(head)).headers.get("content-encoding");

test("of the files beside, the one whose coding the client likes best is sent", async () => {
  for (const time of ["first", "again, ready to be written"]) {
    const br = await get("GET /app.js\nAccept-Encoding: gzip, deflate, br, zstd");
    assert.equal(br.headers.get("content-encoding"), "br", time);
    assert.equal(brotliDecompressSync(bytesOf(br)).toString(), script);
    assert.equal(br.headers.get("content-type"), "text/javascript; charset=utf-8");
    const zstd = await get("GET /app.js\nAccept-Encoding: gzip;q=0.5, zstd");
    assert.deepEqual([zstd.headers.get("content-encoding"), zstd.body], ["zstd", "(stands for zstd)"]);
    const gzip = await get("GET /app.js\nAccept-Encoding: gzip");
    assert.equal(gunzipSync(bytesOf(gzip)).toString(), script);
    const plain = await get("GET /app.js");
    assert.deepEqual([plain.headers.get("content-encoding"), plain.body], [undefined, script]);
    const answers = [br, zstd, gzip, plain];
    for (const answer of answers) assert.equal(answer.headers.get("vary"), "Accept-Encoding");
    assert.equal(new Set(answers.map(({ headers }) => headers.get("etag"))).size, 4);
  }
});

test("text without such a file is compressed when it is asked for, the same each time", async () => {
  for (const [coding, unpack] of [
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
  ] as const) {
    const [one, two] = [
      await get(`GET /made.js\nAccept-Encoding: ${coding}`),
      await get(`GET /made.js\nAccept-Encoding: ${coding}`),
    ];
    assert.equal(one.headers.get("content-encoding"), coding);
    assert.equal(unpack(bytesOf(one)).toString(), script);
    assert.equal(one.body, two.body);
    assert.equal(one.headers.get("etag"), two.headers.get("etag"));
    assert.equal(Number(one.headers.get("content-length")), one.body.length);
    const head = await get(`HEAD /made.js\nAccept-Encoding: ${coding}`);
    assert.equal(head.headers.get("content-length"), one.headers.get("content-length"));
  }
  const large = await get("GET /large.json\nAccept-Encoding: br");
  assert.equal(brotliDecompressSync(bytesOf(large)).length, 180_003);
});

test("what would not become smaller, or is packed already, goes as it is", async () => {
  assert.equal(await codingOf("GET /small.js\nAccept-Encoding: br"), undefined);
  assert.equal(await codingOf("GET /random.css\nAccept-Encoding: gzip"), undefined);
  assert.equal(await codingOf("GET /photo.png\nAccept-Encoding: gzip"), undefined);
  assert.equal((await get("GET /photo.png\nAccept-Encoding: gzip")).headers.get("vary"), undefined);
  assert.equal(await codingOf("GET /app.js.gz\nAccept-Encoding: gzip"), undefined);
  const tooLarge = createStatic({ dir, compressBytes: 1000 });
  const answer = await askHandler(tooLarge, "GET /made.js\nAccept-Encoding: br");
  assert.deepEqual([answer.headers.get("content-encoding"), answer.body], [undefined, script]);
});

test("with compress off everything goes as it is", async () => {
  const plain = createStatic({ dir, compress: false });
  const answer = await askHandler(plain, "GET /app.js\nAccept-Encoding: br, gzip");
  assert.deepEqual(
    [answer.headers.get("content-encoding"), answer.headers.get("vary")],
    [undefined, undefined],
  );
});

test("many who ask at once for what is not made yet get the same", async () => {
  const fresh = createStatic({ dir });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => askHandler(fresh, "GET /made.js\nAccept-Encoding: br")),
  );
  assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
  assert.equal(answers[0]?.headers.get("content-encoding"), "br");
});

test("a compressed file that is older than its original is not sent; a new one is seen within a second", async () => {
  write("old.js", script, modifiedSeconds);
  write("old.js.gz", gzipSync("let old;"), modifiedSeconds - 3);
  const made = await get("GET /old.js\nAccept-Encoding: gzip");
  assert.equal(gunzipSync(bytesOf(made)).toString(), script);
  write("old.js.gz", gzipSync("let fresh;"), modifiedSeconds);
  now += 1000;
  const fresh = await get("GET /old.js\nAccept-Encoding: gzip");
  assert.equal(gunzipSync(bytesOf(fresh)).toString(), "let fresh;");
  rmSync(join(dir, "old.js.gz"));
  now += 1000;
  const again = await get("GET /old.js\nAccept-Encoding: gzip");
  assert.equal(gunzipSync(bytesOf(again)).toString(), script);
});

test("an older compressed file is known as one also where both are dated ahead of the clock", async () => {
  const ahead = Math.floor(Date.now() / 1000) + 86_400;
  write("ahead.js", script, ahead);
  write("ahead.js.gz", gzipSync("let old;"), ahead - 3);
  const answer = await askHandler(createStatic({ dir }), "GET /ahead.js\nAccept-Encoding: gzip");
  assert.equal(gunzipSync(bytesOf(answer)).toString(), script);
});

test("a file that changes is compressed anew", async () => {
  write("changing.css", "a{}".repeat(1000));
  const one = await get("GET /changing.css\nAccept-Encoding: gzip");
  write("changing.css", "bb{}".repeat(1000));
  now += 100;
  const two = await get("GET /changing.css\nAccept-Encoding: gzip");
  assert.equal(gunzipSync(bytesOf(two)).toString(), "bb{}".repeat(1000));
  assert.notEqual(one.headers.get("etag"), two.headers.get("etag"));
});
