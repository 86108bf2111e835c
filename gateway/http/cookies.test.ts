import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCookies, setCookie } from "./cookies.ts";

test("a Cookie header is read pair by pair", () => {
  const cases: readonly [header: string | undefined, cookies: Record<string, string[]>][] = [
    [undefined, {}],
    ["", {}],
    ["a=1", { a: ["1"] }],
    ["a=1; b=2", { a: ["1"], b: ["2"] }],
    ["a=1;b=2 ;  c = 3", { a: ["1"], b: ["2"], c: ["3"] }],
    ["vid=old; vid=new", { vid: ["old", "new"] }],
    ['a="quoted"', { a: ["quoted"] }],
    ["a=x=y", { a: ["x=y"] }],
    ["a=", { a: [""] }],
    ["=x; novalue; b=2", { b: ["2"] }],
    ["a=caf%C3%A9", { a: ["café"] }],
    ["a=100%", { a: ["100%"] }],
    ['a="', { a: ['"'] }],
    ["__proto__=1; constructor=2", { ["__proto__"]: ["1"], constructor: ["2"] }],
  ];
  for (const [header, cookies] of cases) {
    assert.deepEqual(
      [...parseCookies(header)].sort(),
      Object.entries(cookies).sort(),
      `cookies of ${header}`,
    );
  }
});

test("a Set-Cookie says what was asked, and lasts for the session without a Max-Age", () => {
  assert.equal(
    setCookie("vid", "1", { maxAgeSeconds: 60, domain: "shop.example", secure: true, httpOnly: true }),
    "vid=1; Path=/; Domain=shop.example; Max-Age=60; HttpOnly; Secure; SameSite=Lax",
  );
  assert.equal(
    setCookie("xid", "a.b~c.d", { secure: false, httpOnly: false }),
    "xid=a.b~c.d; Path=/; SameSite=Lax",
  );
  assert.equal(
    setCookie("x", "", { maxAgeSeconds: 0, domain: null, secure: false, httpOnly: false }),
    "x=; Path=/; Max-Age=0; SameSite=Lax",
  );
});

test("any value comes back as it went out, and cannot add an attribute or a header", () => {
  for (const value of ["a; Domain=evil", "line\r\nSet-Cookie: x=1", "ü€😀", 'say "hi", ok\\', "%41"]) {
    const text = setCookie("v", value, { secure: false, httpOnly: false });
    const sent = text.slice(0, text.indexOf("; Path="));
    assert.match(sent, /^v=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/);
    assert.deepEqual(parseCookies(sent).get("v"), [value]);
  }
});

test("half a character does not stop a cookie", () => {
  const options = { secure: false, httpOnly: false };
  assert.deepEqual(parseCookies(setCookie("v", "a\ud800", options).split(";")[0]).get("v"), ["a\ufffd"]);
});
