import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange, ResponseHead } from "../http/exchange.ts";
import { isAskedAhead, isDocument, mayBeDocument } from "./is-document.ts";

const page = (more: Readonly<Record<string, string>> = {}, status = 200): ResponseHead => ({
  status,
  headers: new Map(Object.entries({ "content-type": "text/html", ...more })),
});

test("a download, a part and an answer without content are no documents", () => {
  assert.equal(isDocument(page()), true);
  assert.equal(isDocument(page({}, 404)), true);
  assert.equal(isDocument(page({}, 304)), true);
  assert.equal(isDocument(page({ "content-disposition": 'inline; filename="attachment.html"' })), true);
  for (const value of ["attachment", 'ATTACHMENT; filename="a.html"', " attachment"])
    assert.equal(isDocument(page({ "content-disposition": value })), false, value);
  for (const status of [204, 205, 206, 302]) assert.equal(isDocument(page({}, status)), false, `${status}`);
});

test("what a cache near to us is told to keep is the same for everybody, in whatever field it stands", () => {
  const cases: readonly (readonly [name: string, value: string, isShared: boolean])[] = [
    ["cache-control", "max-age=60, public", true],
    ["cache-control", "s-maxage=60", true],
    ["cache-control", 'private="x-public", no-cache="immutable"', false],
    ["cdn-cache-control", "max-age=600", true],
    ["cdn-cache-control", "max-age=0", false],
    ["cdn-cache-control", "no-store", false],
    ["cdn-cache-control", "private, max-age=600", false],
    ["cloudflare-cdn-cache-control", "public", true],
    ["surrogate-control", "max-age=600", true],
    ["surrogate-control", 'content="ESI/1.0"', false],
    ["x-accel-expires", "60", true],
    ["x-accel-expires", "0", false],
    ["expires", "Thu, 01 Jan 2099 00:00:00 GMT", false],
  ];
  for (const [name, value, isShared] of cases)
    assert.equal(isDocument(page({ [name]: value })), !isShared, `${name}: ${value}`);
});

const asked = (path: string, headers: Readonly<Record<string, string>>, method = "GET"): Exchange =>
  ({ path, req: { method, headers } }) as unknown as Exchange; // what is looked at, of all that an exchange has

test("who asks for HTML may get a document under any name, and for anything under one that has no other type", () => {
  const cases: readonly (readonly [path: string, headers: Readonly<Record<string, string>>, may: boolean])[] =
    [
      ["/index.php", { accept: "text/html,*/*;q=0.8" }, true], // a browser over http, which sends no Sec-Fetch-Dest
      ["/index.php", { accept: "*/*" }, false],
      ["/index.php", { accept: "text/html", "sec-fetch-dest": "empty" }, false],
      ["/style.css", { accept: "text/css,*/*;q=0.1" }, false],
      ["/page", { accept: "*/*" }, true],
      ["/page.html", {}, true],
      ["/page", { accept: "application/json" }, false],
    ];
  for (const [path, headers, may] of cases)
    assert.equal(mayBeDocument(asked(path, headers)), may, `${path} ${JSON.stringify(headers)}`);
  assert.equal(mayBeDocument(asked("/page", {}, "POST")), false);
});

test("a page may be asked for ahead of time in several words", () => {
  for (const [name, value] of [
    ["sec-purpose", "prefetch"],
    ["sec-purpose", "Prefetch;prerender"],
    ["purpose", "prefetch"],
    ["x-moz", "prefetch"],
  ] as const)
    assert.equal(isAskedAhead(asked("/", { [name]: value })), true, `${name}: ${value}`);
  assert.equal(isAskedAhead(asked("/", { purpose: "preview" })), false);
});
