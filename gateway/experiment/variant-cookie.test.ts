import assert from "node:assert/strict";
import { test } from "node:test";
import { formatXid, parseXid } from "./variant-cookie.ts";

test("variants in force travel in the cookie and back", () => {
  const text = formatXid([
    { experiment: "pricing-headline", variant: "b", params: {} },
    { experiment: "menu_2", variant: "control", params: { wide: true } },
  ]);
  assert.equal(text, "pricing-headline.b~menu_2.control");
  assert.deepEqual(parseXid(text), { "pricing-headline": "b", menu_2: "control" });
  assert.equal(formatXid([]), "");
});

test("what is no pair of keys is left out, and the first of two wins", () => {
  const cases: readonly (readonly [string, Record<string, string>])[] = [
    ["", {}],
    ["~", {}],
    ["pricing", {}],
    ["pricing.", {}],
    [".b", {}],
    ["a.b.c", {}],
    ["__proto__.b~ok.b", { ok: "b" }],
    ["constructor.b", { constructor: "b" }],
    ["a.b~a.c", { a: "b" }],
    ["a.<script>~c.d", { c: "d" }],
    ["a.b;c.d", {}],
    [`${"x".repeat(65)}.b~c.d`, { c: "d" }],
    [`${"x".repeat(64)}.${"y".repeat(64)}`, { ["x".repeat(64)]: "y".repeat(64) }],
    [`x.${"y".repeat(65)}`, {}],
    [`${"x.y~".repeat(1024)}c.d`, { x: "y" }],
  ];
  for (const [text, variants] of cases) assert.deepEqual(parseXid(text), variants, text.slice(0, 40));
});
