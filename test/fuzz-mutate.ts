/** Makes hostile requests of good ones: bytes, numbers, structures and headers that somebody might send. */
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Asking } from "./fuzz-corpus.ts";

export type Random = (below: number) => number;

const pick = <T>(random: Random, list: readonly [T, ...T[]]): T => list[random(list.length)] ?? list[0];

/** A request with one to four things wrong with it. */
export const mutate = (from: Asking, others: readonly Asking[], random: Random): Asking => {
  let asking = from;
  for (let left = 1 + random(4); left > 0; left--) asking = pick(random, ways)(asking, others, random);
  return { ...asking, path: cleanPath(asking.path), headers: cleanHeaders(asking.headers) };
};

/** Bytes with a few of them changed, for what has no request around it. */
export const mutateBytes = (bytes: Buffer, random: Random): Buffer => {
  let changed = bytes;
  for (let left = 1 + random(4); left > 0; left--) changed = pick(random, byteWays)(changed, random);
  return changed;
};

type Way = (asking: Asking, others: readonly Asking[], random: Random) => Asking;

const changeBody: Way = (asking, _, random) => ({ ...asking, body: mutateBytes(asking.body, random) });

const changePath: Way = (asking, _, random) => ({
  ...asking,
  path: `/${mutateBytes(Buffer.from(asking.path.slice(1), "latin1"), random).toString("latin1")}`,
});

const changeQuery: Way = (asking, _, random) => {
  const [path = "", query = ""] = asking.path.split("?", 2);
  const changed = mutateBytes(Buffer.from(query, "latin1"), random).toString("latin1");
  return { ...asking, path: `${path}?${changed}` };
};

const takeOthers: Way = (asking, others, random) => ({
  ...asking,
  body: others[random(others.length)]?.body ?? asking.body,
});

const changeMethod: Way = (asking, _, random) => ({
  ...asking,
  method: pick(random, ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"]),
});

const pack: Way = (asking, _, random) => {
  const packed = pick(random, packers)(asking.body);
  const encoding = pick(random, ["gzip", "br", "deflate", "zstd", "identity", "GZIP", "x, y", ""]);
  return { ...asking, body: packed, headers: { ...asking.headers, "content-encoding": encoding } };
};

/** A few kilobytes that are megabytes once unpacked. */
const bomb = gzipSync(Buffer.alloc(3_000_000, "["));

type Packer = (body: Buffer) => Buffer;
const packers: readonly [Packer, ...Packer[]] = [
  (body) => gzipSync(body, { level: 1 }),
  (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  (body) => gzipSync(body, { level: 1 }).subarray(0, 20),
  () => bomb,
];

const changeHeader: Way = (asking, _, random) => {
  const name = pick(random, [
    "user-agent",
    "cookie",
    "origin",
    "referer",
    "accept-language",
    "content-type",
    "user",
    "authorization",
    "x-forwarded-for",
    "sec-ch-ua",
    "sec-ch-ua-model",
    "sec-ch-ua-full-version-list",
    "sec-fetch-site",
    "sec-gpc",
    "accept-encoding",
    "host",
  ]);
  const value = mutateBytes(Buffer.from(asking.headers[name] ?? pick(random, headerValues)), random);
  return { ...asking, headers: { ...asking.headers, [name]: value.toString("latin1") } };
};

const nest: Way = (asking, _, random) => {
  const depth = 1 + random(5000);
  const body = pick(random, [
    `{"params":${"[".repeat(depth)}1${"]".repeat(depth)}}`,
    `${`{"a":`.repeat(depth)}1${"}".repeat(depth)}`,
    `[${asking.body.toString("latin1")},`.repeat(1 + random(40)),
    `{${Array.from({ length: 1 + random(900) }, (_unused, i) => `"k${i}":${i}`).join(",")}}`,
  ]);
  return { ...asking, body: Buffer.from(body) };
};

const ways: readonly [Way, ...Way[]] = [
  changeBody,
  changeBody,
  changeBody,
  changePath,
  changeQuery,
  takeOthers,
  changeMethod,
  pack,
  changeHeader,
  changeHeader,
  nest,
];

type ByteWay = (bytes: Buffer, random: Random) => Buffer;

const splice = (bytes: Buffer, at: number, left: number, put: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + left)]);

const byteWays: readonly [ByteWay, ...ByteWay[]] = [
  (bytes, random) => splice(bytes, random(bytes.length + 1), 1, Buffer.from([random(256)])),
  (bytes, random) => splice(bytes, random(bytes.length + 1), 0, Buffer.from(pick(random, tokens))),
  (bytes, random) => splice(bytes, random(bytes.length + 1), random(20), Buffer.from(pick(random, tokens))),
  (bytes, random) => splice(bytes, random(bytes.length + 1), random(bytes.length + 1), Buffer.alloc(0)),
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, random) => {
    const at = random(bytes.length + 1);
    const piece = bytes.subarray(at, at + random(60));
    const times = Math.min(1 + random(200), Math.ceil(20_000 / (piece.length + 1)));
    return splice(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => piece)));
  },
  // A number becomes one that few programs expect.
  (bytes, random) => {
    const numbers = [...bytes.toString("latin1").matchAll(/\d+(?:\.\d+)?/g)];
    const found = numbers[random(numbers.length)];
    if (!found) return bytes;
    return splice(bytes, found.index, found[0].length, Buffer.from(pick(random, oddNumbers)));
  },
  // A text becomes one that few programs expect.
  (bytes, random) => {
    const texts = [...bytes.toString("latin1").matchAll(/"[^"]*"/g)];
    const found = texts[random(texts.length)];
    if (!found) return bytes;
    return splice(bytes, found.index, found[0].length, Buffer.from(pick(random, oddValues)));
  },
];

const oddNumbers: readonly [string, ...string[]] = [
  "-1",
  "0",
  "-0",
  "1e999",
  "-1e999",
  "9007199254740993",
  "9223372036854775808",
  "1e-320",
  "0x10",
  "1.7976931348623157e308",
  "NaN",
  "253402300800000",
  "8640000000000001",
  "-62135596800001",
  "١٢٣",
];

const oddValues: readonly [string, ...string[]] = [
  "null",
  "true",
  "[]",
  "{}",
  "[[]]",
  `"__proto__"`,
  `{"__proto__":{"x":1}}`,
  `{"constructor":{"prototype":{"x":1}}}`,
  `"\\ud800"`,
  `"\\u0000"`,
  `"${"a".repeat(9000)}"`,
  `"${"\u{1f600}".repeat(3000)}"`,
  `"toString"`,
  `"'; DROP TABLE journal; --"`,
  `"=cmd|' /C calc'!A0"`,
  `"https://[::1"`,
  `"https://a%.test/%zz?%=%"`,
  `"//\\\\x@y:99999/"`,
  `"javascript:alert(1)"`,
  `"00000000-0000-0000-0000-000000000000"`,
  `"{14FB0860-B4BF-11E9-8971-7B80435315AC}"`,
  "-1",
  "1e999",
];

const tokens: readonly [string, ...string[]] = [
  "%",
  "%00",
  "%2F",
  "%ff",
  "%u0041",
  "\0",
  "\r\n",
  "\n",
  "&",
  "=",
  "/",
  "//",
  "/../",
  "~",
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  "__proto__",
  "constructor",
  "\u{feff}",
  "\u{202e}",
  "\u{1f600}",
  "\xff\xfe",
  "&en=x",
  "&gcs=G11",
  "&pr1=~~~",
  "&ep.__proto__=1",
  "&tp_optout=1",
  "debug=1",
  "a".repeat(5000),
  "&a=".repeat(700),
  '"a":1,'.repeat(300),
];

const headerValues: readonly [string, ...string[]] = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "https://shop.test",
  "null",
  "vid=0190a5b2-0000-7000-8000-00000000beef; sid=1",
  "1",
  "203.0.113.7, ::1, x",
  '"Chromium";v="124", "Not.A/Brand";v="8"',
  "localhost",
  `Bearer ${"a".repeat(200)}`,
  "Basic Og==",
  "de-DE,de;q=0.9",
];

/** What can stand in a request line as the client writes it; the rest is for tests of raw connections. */
const cleanPath = (path: string): string => {
  const clean = path.replaceAll(/[^\x21-\xff]/g, "%20").slice(0, 12_000);
  return clean.startsWith("/") ? clean : `/${clean}`;
};

const cleanHeaders = (headers: Asking["headers"]): Asking["headers"] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replaceAll(/[^\x20-\x7e\x80-\xff]/g, "").slice(0, 6000),
    ]),
  );
