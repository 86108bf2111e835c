import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createFieldReader } from "./plain-fields.ts";

const lines = (...fields: readonly string[]): string => fields.map((field) => `\r\n${field}`).join("");

const browser = lines("Host: shop.example", "User-Agent: One/1.0", "Cookie: vid=1", "Connection: keep-alive");

test("the same fields are read once, whoever brings them, and nobody can change them", () => {
  const read = createFieldReader();
  const first = read(browser);
  const again = read(`${browser}`);
  assert.ok(first && again);
  assert.equal(again, first);
  assert.deepEqual(
    { ...again.headers },
    { host: "shop.example", "user-agent": "One/1.0", cookie: "vid=1", connection: "keep-alive" },
  );
  assert.deepEqual(again.rawHeaders.slice(0, 4), ["Host", "shop.example", "User-Agent", "One/1.0"]);
  assert.throws(() => Object.assign(again.headers, { cookie: "vid=2" }), TypeError);
  assert.throws(() => (again.rawHeaders as string[]).push("X-A", "1"), TypeError);
});

test("fields that differ in one byte are others", () => {
  const read = createFieldReader();
  const first = read(browser);
  for (let at = 2; at < browser.length; at++) {
    const other = `${browser.slice(0, at)}${browser[at] === "x" ? "y" : "x"}${browser.slice(at + 1)}`;
    assert.notEqual(read(other), first, other);
  }
  assert.equal(read(browser)?.headers["cookie"], "vid=1");
  assert.equal(read(browser.replace("vid=1", "vid=2"))?.headers["cookie"], "vid=2");
});

test("what is kept reads as what is read for the first time", () => {
  const name = fc.constantFrom(
    "Host",
    "host",
    "X-A",
    "x-a",
    "Cookie",
    "__proto__",
    "constructor",
    "Connection",
  );
  const value = fc.constantFrom("a", " a\t", "\xa0a\xa0", "close", "keep-alive", "", "é", "a:b");
  const fields = fc.array(fc.tuple(name, value), { maxLength: 5 });
  fc.assert(
    fc.property(fields, (given) => {
      const text = lines(...given.map(([key, said]) => `${key}:${said}`));
      const read = createFieldReader();
      const plain = (one: ReturnType<typeof read>) =>
        one && { pairs: Object.entries(one.headers), raw: one.rawHeaders, closes: one.closes };
      assert.deepEqual(plain(read(text)), plain(createFieldReader()(text)));
      const kept = read(text);
      assert.deepEqual(plain(read(text)), plain(kept));
      assert.equal(kept && Object.getPrototypeOf(kept.headers), null);
    }),
  );
});

test("what is not plain is none, however often it comes", () => {
  const read = createFieldReader();
  const bad: readonly string[] = [
    "",
    lines("X-A: 1"), // no host
    lines("Host: a", "Content-Length: 5"),
    lines("Host: a", "CONTENT-length: 5"),
    lines("Host: a", "Transfer-Encoding: chunked"),
    lines("Host: a", "host: b"),
    lines("Host: a", "Connection: upgrade"),
    lines("Host: a", "X-A: 1\r\n folded"),
    lines("Host: a", "X A: 1"),
    lines("Host: a", "X-A: \0"),
    `${lines("Host: a")}\r\n`,
    "Host: a",
  ];
  for (const text of bad) for (const _ of [1, 2]) assert.equal(read(text), null, JSON.stringify(text));
});

test("as many are kept as were asked for, and long ones not at all", () => {
  const read = createFieldReader(10);
  const first = read(browser);
  const long = lines("Host: a", `Cookie: ${"c".repeat(2100)}`);
  assert.notEqual(read(long), read(long));
  assert.equal(read(browser), first);
  for (let i = 0; i < 20; i++) read(lines("Host: a", `X-A: ${i}`));
  assert.notEqual(read(browser), first);
});

test("where no two requests have the same fields they are read all the same, and kept again when they repeat", () => {
  const read = createFieldReader();
  for (let i = 0; i < 3000; i++) {
    assert.equal(read(lines("Host: a", `X-Request-Id: ${i}`))?.headers["x-request-id"], String(i));
  }
  const several = Array.from({ length: 400 }, () => read(browser));
  assert.ok(several.every((one) => one?.headers["cookie"] === "vid=1"));
  assert.equal(several.at(-1), several.at(-2));
});
