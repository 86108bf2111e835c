/** Conditions and ranges over a real socket, each case with its section of RFC 9110. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { createStatic } from "./static.ts";
import { askHandler, bytesOf, makeFolder, modified } from "./test-folder.ts";

const big = Buffer.alloc(300_000, "0123456789");
const words = "words and words ".repeat(200);
const packed = gzipSync(words);
const { dir } = makeFolder({
  "digits.txt": "0123456789",
  "empty.txt": "",
  "big.bin": big,
  "words.txt": words,
  "words.txt.gz": packed,
});
const handle = createStatic({ dir });
const get = (head: string) => askHandler(handle, head);

const etag = (await get("GET /digits.txt")).headers.get("etag") ?? "";
const bigEtag = (await get("GET /big.bin")).headers.get("etag") ?? "";
const before = "Sat, 15 Jun 2024 11:59:59 GMT";
const after = "Sat, 15 Jun 2024 12:00:01 GMT";
const whole = "0123456789";

test("§8.8.2.1: a file that is dated ahead was last modified now at the latest", async () => {
  const ahead = makeFolder({});
  ahead.write("ahead.txt", whole, Date.now() / 1000 + 86_400);
  const { headers } = await askHandler(createStatic({ dir: ahead.dir }), "GET /ahead.txt");
  const told = Date.parse(headers.get("last-modified") ?? "");
  assert.ok(told <= Date.parse(headers.get("date") ?? ""), headers.get("last-modified"));
});

type Case = readonly [section: string, head: string, status: number, body: string | null, range?: string];

const check = async (cases: readonly Case[]): Promise<void> => {
  for (const [section, head, status, body, range] of cases) {
    const answer = await get(head);
    const where = `${section} ${head}`;
    assert.equal(answer.status, status, where);
    if (body !== null) assert.equal(answer.body, body, where);
    assert.equal(answer.headers.get("content-range"), range, where);
    if (status === 206) assert.equal(Number(answer.headers.get("content-length")), answer.body.length, where);
  }
};

test("§13: conditions", () =>
  check([
    ["§13.1.1", `GET /digits.txt\nIf-Match: ${etag}`, 200, whole],
    ["§13.1.1 any", "GET /digits.txt\nIf-Match: *", 200, whole],
    ["§13.1.1 list", `GET /digits.txt\nIf-Match: "x", ${etag}`, 200, whole],
    ["§13.1.1 two fields", `GET /digits.txt\nIf-Match: "x"\nIf-Match: ${etag}`, 200, whole],
    ["§13.1.1 other, §15.5.13", 'GET /digits.txt\nIf-Match: "x"', 412, null],
    ["§13.1.1 compares strongly", `GET /digits.txt\nIf-Match: W/${etag}`, 412, null],
    ["§13.1.1 HEAD", 'HEAD /digits.txt\nIf-Match: "x"', 412, ""],
    ["§13.1.2", `GET /digits.txt\nIf-None-Match: ${etag}`, 304, ""],
    ["§13.1.2 HEAD", `HEAD /digits.txt\nIf-None-Match: ${etag}`, 304, ""],
    ["§13.1.2 weak", `GET /digits.txt\nIf-None-Match: W/${etag}`, 304, ""],
    ["§13.1.2 list", `GET /digits.txt\nIf-None-Match: "x", W/${etag}`, 304, ""],
    ["§13.1.2 any", "GET /digits.txt\nIf-None-Match: *", 304, ""],
    ["§13.1.2 other", 'GET /digits.txt\nIf-None-Match: "x"', 200, whole],
    ["§13.1.2 without quotes", `GET /digits.txt\nIf-None-Match: ${etag.replaceAll('"', "")}`, 200, whole],
    ["§13.1.3", `GET /digits.txt\nIf-Modified-Since: ${modified}`, 304, ""],
    ["§13.1.3 later", `GET /digits.txt\nIf-Modified-Since: ${after}`, 304, ""],
    ["§13.1.3 earlier", `GET /digits.txt\nIf-Modified-Since: ${before}`, 200, whole],
    ["§13.1.3 no date", "GET /digits.txt\nIf-Modified-Since: yesterday", 200, whole],
    ["§13.1.3 beside", `GET /digits.txt\nIf-None-Match: "x"\nIf-Modified-Since: ${after}`, 200, whole],
    ["§13.1.4", `GET /digits.txt\nIf-Unmodified-Since: ${modified}`, 200, whole],
    ["§13.1.4 earlier", `GET /digits.txt\nIf-Unmodified-Since: ${before}`, 412, null],
    ["§13.1.4 beside", `GET /digits.txt\nIf-Match: ${etag}\nIf-Unmodified-Since: ${before}`, 200, whole],
    ["§13.2.1 only of what is there", "GET /nothing.txt\nIf-None-Match: *", 404, null],
    ["§13.2.1 only of what is there", "GET /nothing.txt\nIf-Match: *", 404, null],
    ["§13.2.2 step 1 before 3", `GET /digits.txt\nIf-Match: "x"\nIf-None-Match: ${etag}`, 412, null],
    ["§13.2.2 step 3 before 5", `GET /digits.txt\nIf-None-Match: ${etag}\nRange: bytes=0-1`, 304, ""],
    ["§13.2.2 step 5", `GET /digits.txt\nIf-Match: ${etag}\nRange: bytes=0-1`, 206, "01", "bytes 0-1/10"],
    ["large", `GET /big.bin\nIf-None-Match: ${bigEtag}`, 304, ""],
  ]));

test("§13.1.5: If-Range", () =>
  check([
    ["same", `GET /digits.txt\nRange: bytes=0-1\nIf-Range: ${etag}`, 206, "01", "bytes 0-1/10"],
    ["date", `GET /digits.txt\nRange: bytes=0-1\nIf-Range: ${modified}`, 206, "01", "bytes 0-1/10"],
    ["later date", `GET /digits.txt\nRange: bytes=0-1\nIf-Range: ${after}`, 200, whole],
    ["weak", `GET /digits.txt\nRange: bytes=0-1\nIf-Range: W/${etag}`, 200, whole],
    ["changed", 'GET /digits.txt\nRange: bytes=0-1\nIf-Range: "x"', 200, whole],
    ["changed, unsatisfiable", 'GET /digits.txt\nRange: bytes=10-\nIf-Range: "x"', 200, whole],
    ["changed, several", 'GET /digits.txt\nRange: bytes=0-1,4-5\nIf-Range: "x"', 200, whole],
    ["without Range", 'GET /digits.txt\nIf-Range: "x"', 200, whole],
  ]));

test("§14: one range", () =>
  check([
    ["§15.3.7.1", "GET /digits.txt\nRange: bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["§14.1.2 suffix", "GET /digits.txt\nRange: bytes=-2", 206, "89", "bytes 8-9/10"],
    ["§14.1.2 open", "GET /digits.txt\nRange: bytes=8-", 206, "89", "bytes 8-9/10"],
    ["§14.1.2 beyond the end", "GET /digits.txt\nRange: bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["§14.1.2 long suffix", "GET /digits.txt\nRange: bytes=-99", 206, whole, "bytes 0-9/10"],
    ["§14.1.2 all", "GET /digits.txt\nRange: bytes=0-", 206, whole, "bytes 0-9/10"],
    ["§15.5.17", "GET /digits.txt\nRange: bytes=10-", 416, null, "bytes */10"],
    ["§15.5.17 empty file", "GET /empty.txt\nRange: bytes=0-", 416, null, "bytes */0"],
    ["§14.2 broken", "GET /digits.txt\nRange: bytes=4-2", 200, whole],
    ["§14.2 unknown unit", "GET /digits.txt\nRange: lines=1-2", 200, whole],
    ["§14.2 HEAD", "HEAD /digits.txt\nRange: bytes=0-1", 200, ""],
    ["§14.2 HEAD, unsatisfiable", "HEAD /digits.txt\nRange: bytes=10-", 200, ""],
    ["empty file", "GET /empty.txt", 200, ""],
    ["from disk", "GET /big.bin\nRange: bytes=150000-150004", 206, "01234", "bytes 150000-150004/300000"],
    ["from disk", "GET /big.bin\nRange: bytes=-5", 206, "56789", "bytes 299995-299999/300000"],
    ["from disk", "GET /big.bin\nRange: bytes=300000-", 416, null, "bytes */300000"],
    ["§15.3.7.2 one of two is there", "GET /digits.txt\nRange: bytes=0-1,20-", 206, "01", "bytes 0-1/10"],
    ["§15.3.7.2 two become one", "GET /digits.txt\nRange: bytes=0-4,2-6", 206, "0123456", "bytes 0-6/10"],
    ["§15.5.17 none of two", "GET /digits.txt\nRange: bytes=10-11,20-", 416, null, "bytes */10"],
    [
      "§14.2 too many",
      `GET /digits.txt\nRange: bytes=${Array.from({ length: 33 }, () => "0-0").join()}`,
      200,
      whole,
    ],
  ]));

/** The parts of an answer as a client reads them. */
const partsOf = ({ headers, body }: Awaited<ReturnType<typeof get>>) => {
  const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(headers.get("content-type") ?? "")?.[1];
  assert.ok(boundary);
  assert.equal(body.length, Number(headers.get("content-length")));
  assert.ok(body.endsWith(`\r\n--${boundary}--\r\n`));
  const parts = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1);
  return parts.map((part) => {
    const [, type, range, bytes] =
      /^\r\nContent-Type: (.*)\r\nContent-Range: (.*)\r\n\r\n([\s\S]*)$/.exec(part) ?? [];
    return { type, range, bytes };
  });
};

test("§14.6, §15.3.7.2: several ranges come as parts, from memory and from disk", async () => {
  const answer = await get("GET /digits.txt\nRange: bytes=0-1,4-5,-1");
  assert.deepEqual([answer.status, answer.headers.get("content-range")], [206, undefined]);
  assert.equal(answer.headers.get("etag"), etag);
  const type = "text/plain; charset=utf-8";
  assert.deepEqual(partsOf(answer), [
    { type, range: "bytes 0-1/10", bytes: "01" },
    { type, range: "bytes 4-5/10", bytes: "45" },
    { type, range: "bytes 9-9/10", bytes: "9" },
  ]);
  const large = await get("GET /big.bin\nRange: bytes=-3,0-99999,150000-150002");
  const parts = partsOf(large);
  assert.deepEqual(
    parts.map(({ range, bytes }) => [range, bytes?.length]),
    [
      ["bytes 299997-299999/300000", 3],
      ["bytes 0-99999/300000", 100_000],
      ["bytes 150000-150002/300000", 3],
    ],
  );
  assert.equal(parts[1]?.bytes, big.toString("latin1", 0, 100_000));
});

test("§15.4.5: a 304 has the fields that a cache updates, and none of a body", async () => {
  const full = await get("GET /words.txt\nAccept-Encoding: gzip");
  const answer = await get(
    `GET /words.txt\nAccept-Encoding: gzip\nIf-None-Match: ${full.headers.get("etag")}`,
  );
  assert.equal(answer.status, 304);
  for (const name of ["etag", "cache-control", "vary"]) {
    assert.equal(answer.headers.get(name), full.headers.get(name), name);
  }
  for (const name of ["content-length", "content-type", "content-encoding"]) {
    assert.equal(answer.headers.has(name), false, name);
  }
});

test("§14.2, §8.8.3.3: conditions and ranges speak of the coding that a client gets", async () => {
  const plain = await get("GET /words.txt");
  const coded = await get("GET /words.txt\nAccept-Encoding: gzip");
  assert.notEqual(plain.headers.get("etag"), coded.headers.get("etag"));
  assert.equal(gunzipSync(bytesOf(coded)).toString(), words);
  const tag = coded.headers.get("etag");
  const other = await get(`GET /words.txt\nIf-None-Match: ${tag}`);
  assert.equal(other.status, 200, "the plain form is not the compressed one");
  const head = `GET /words.txt\nAccept-Encoding: gzip\nRange: bytes=5-9\nIf-Range:`;
  const part = await get(`${head} ${tag}`);
  assert.deepEqual(
    [part.status, bytesOf(part), part.headers.get("content-range"), part.headers.get("content-encoding")],
    [206, packed.subarray(5, 10), `bytes 5-9/${packed.length}`, "gzip"],
  );
  assert.equal((await get(`${head} ${plain.headers.get("etag")}`)).status, 200);
  assert.equal((await get(`${head} ${modified}`)).status, 200, "a date does not say which coding");
});
