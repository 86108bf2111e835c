import assert from "node:assert/strict";
import { test } from "node:test";
import { type CodingWish, codeHead } from "./coded-head.ts";

const wish: CodingWish = { minBytes: 1000, coding: "br", ifNoneMatch: undefined };
const html = ["content-type", "text/html; charset=utf-8"];
const long = ["content-length", "5000"];

test("text is coded, other content is left alone", () => {
  const cases: readonly [type: string, isCoded: boolean][] = [
    ["text/html; charset=utf-8", true],
    ["text/event-stream", true],
    ["application/json", true],
    ["application/ld+json;charset=utf-8", true],
    ["application/problem+json", true],
    ["image/svg+xml", true],
    ["TEXT/CSS", true],
    ["image/png", false],
    ["application/octet-stream", false],
    ["application/zip", false],
    ["video/mp4", false],
    ["", false],
  ];
  for (const [type, isCoded] of cases) {
    const { coding } = codeHead(200, ["content-type", type, ...long], wish);
    assert.equal(coding, isCoded ? "br" : null, type);
  }
});

test("what is true of plain bytes alone does not outlive them", () => {
  const pairs = [
    ...html,
    ...long,
    "etag",
    '"a"',
    "accept-ranges",
    "bytes",
    "content-md5",
    "x",
    "repr-digest",
    "y",
  ];
  assert.deepEqual(codeHead(200, pairs, wish).pairs, [
    ...html,
    "etag",
    'W/"a"',
    "vary",
    "Accept-Encoding",
    "content-encoding",
    "br",
  ]);
});

test("an answer that must not change, or gains nothing, goes as it came", () => {
  const cases: readonly [what: string, status: number, pairs: readonly string[]][] = [
    ["coded already", 200, [...html, ...long, "content-encoding", "gzip"]],
    ["no-transform", 200, [...html, ...long, "cache-control", "public, No-Transform"]],
    ["a part", 206, [...html, ...long, "content-range", "bytes 0-4999/9000"]],
    ["no content", 204, html],
    ["too short", 200, [...html, "content-length", "999"]],
    ["no part is there", 416, [...html, ...long, "content-range", "bytes */9"]],
  ];
  for (const [what, status, pairs] of cases) {
    assert.deepEqual(
      codeHead(status, pairs, wish),
      {
        coding: null,
        pairs: [...pairs],
        isStream: !pairs.includes("content-length"),
      },
      what,
    );
  }
});

test("who takes no coding is told that others get other bytes", () => {
  const vary = (before: readonly string[]): string | undefined => {
    const { pairs } = codeHead(200, [...html, ...long, ...before], { ...wish, coding: null });
    return pairs[pairs.lastIndexOf("vary") + 1];
  };
  assert.equal(vary([]), "Accept-Encoding");
  assert.equal(vary(["vary", "Cookie", "vary", "Origin"]), "Cookie, Origin, Accept-Encoding");
  assert.equal(vary(["vary", "accept-encoding"]), "accept-encoding");
  assert.equal(vary(["vary", "*"]), "*");
});

test("'not modified' names the tag that the client knows", () => {
  const etag = (ifNoneMatch: string): string | undefined =>
    codeHead(304, ["etag", '"a"'], { ...wish, ifNoneMatch }).pairs[1];
  assert.equal(etag('W/"a"'), 'W/"a"');
  assert.equal(etag('"a"'), '"a"');
  assert.equal(etag('W/"b", "a"'), '"a"');
});

test("an answer without a length is a stream", () => {
  assert.equal(codeHead(200, html, wish).isStream, true);
  assert.equal(codeHead(200, [...html, ...long], wish).isStream, false);
});
