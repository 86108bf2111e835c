import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError } from "../http/http-error.ts";
import { hostOf, parseTarget } from "./target.ts";

const isRefused = (error: unknown) => error instanceof HttpError && error.status === 400;

test("a request target is read, or refused", () => {
  const a = "a.example";
  const cases: readonly [method: string, url: string, host: string | undefined, expected: string[] | null][] =
    [
      ["GET", "/", a, ["/", "", a]],
      ["GET", "/p?q=1?2", a, ["/p", "q=1?2", a]],
      ["GET", "/?", a, ["/", "", a]],
      ["GET", "//evil.example/x", a, ["//evil.example/x", "", a]],
      ["GET", "/%61%2f%c3?%61", a, ["/a%2F%C3", "%61", a]],
      ["OPTIONS", "*", a, ["*", "", a]],
      ["GET", "http://a.example/p?q", a, ["/p", "q", a]],
      ["GET", "HTTP://A.EXAMPLE/p", a, ["/p", "", "A.EXAMPLE"]],
      ["GET", "http://a.example", a, ["/", "", a]],
      ["GET", "http://a.example?q", a, ["/", "q", a]],
      ["GET", "http://a.example:8080/", "a.example:8080", ["/", "", "a.example:8080"]],
      ["GET", "http://a.example/p", undefined, ["/p", "", a]],
      ["GET", "/p", undefined, ["/p", "", ""]],
      // RFC 9112 §3.2.2: a server behind us may believe the other one
      ["GET", "http://b.example/", a, null],
      ["GET", "http://a.example:81/", a, null],
      ["GET", "http://user@a.example/", a, null],
      ["GET", "ftp://a.example/", a, null],
      ["GET", "*", a, null],
      ["GET", "p", a, null],
      ["GET", "a.example:80", a, null],
      ["GET", "/p#fragment", a, null],
      ["GET", "http://a.example/#x", a, null],
    ];
  for (const [method, url, host, expected] of cases) {
    const read = () => Object.values(parseTarget(method, url, host));
    if (expected) assert.deepEqual(read(), expected, `${method} ${url}`);
    else assert.throws(read, isRefused, `${method} ${url}`);
  }
});

test("a host is lower case and without port, or refused", () => {
  const cases: readonly [authority: string, host: string | null][] = [
    ["Shop.Example:8080", "shop.example"],
    ["shop.example.", "shop.example"],
    ["shop.example:", "shop.example"],
    ["127.0.0.1:80", "127.0.0.1"],
    ["[::1]:8080", "[::1]"],
    ["[2001:DB8::1]", "[2001:db8::1]"],
    ["my_host-1", "my_host-1"],
    ["", ""],
    ["a b", null],
    ["a/b", null],
    ["a@b", null],
    ["a,b", null],
    ["a`b", null],
    ["a{b", null],
    ["a[b", null],
    ["a:b", null],
    ["a:80:80", null],
    ["a:123456", null],
    ["[::1", null],
    ["[]", null],
    ["[::1]x", null],
    ["::1", null],
    ["a%00", null],
    ["müll.example", null],
  ];
  for (const [authority, host] of cases) {
    if (host === null) assert.throws(() => hostOf(authority), isRefused, authority);
    else assert.equal(hostOf(authority), host, authority);
  }
});
