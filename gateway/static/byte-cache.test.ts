import assert from "node:assert/strict";
import { test } from "node:test";
import { createByteCache } from "./byte-cache.ts";

test("what is kept never weighs more than the limit, and what is used stays", () => {
  const cache = createByteCache<string>(100_000);
  cache.set("used", "u", 1000);
  for (let i = 0; i < 1000; i++) {
    cache.set(`k${i}`, "v", 9400); // with its place, 10,000
    assert.equal(cache.get("used"), "u");
  }
  const kept = Array.from({ length: 1000 }, (_, i) => cache.get(`k${i}`)).filter(
    (value) => value !== undefined,
  );
  assert.ok(kept.length > 0 && kept.length <= 9, `${kept.length} kept`);
});

test("a value can be replaced and deleted, and one that is too large is not kept", () => {
  const cache = createByteCache<number>(10_000);
  cache.set("a", 1, 100);
  cache.set("a", 2, 200);
  assert.equal(cache.get("a"), 2);
  cache.set("a", 3, 6000);
  assert.equal(cache.get("a"), undefined, "nor is the value before it");
  cache.set("b", 1, 0);
  cache.delete("b");
  assert.equal(cache.get("b"), undefined);
  for (let i = 0; i < 100; i++) cache.set("same", i, 1000);
  assert.equal(cache.get("same"), 99);
  const nothing = createByteCache<number>(0);
  nothing.set("a", 1, 0);
  assert.equal(nothing.get("a"), undefined);
});
