import assert from "node:assert/strict";
import { test } from "node:test";
import { createCache } from "./cache.ts";

const kept = (cache: { get(key: number): number | undefined }, keys: number) =>
  Array.from({ length: keys }, (_, i) => i).filter((key) => cache.get(key) !== undefined).length;

test("a value is found again, and the newest one", () => {
  const cache = createCache<string, number>(10);
  cache.set("a", 1);
  cache.set("a", 2);
  assert.equal(cache.get("a"), 2);
  assert.equal(cache.get("b"), undefined);
});

test("no more than the limit is kept, and at least the newest half of it", () => {
  const cache = createCache<number, number>(10);
  for (let i = 0; i < 100; i++) cache.set(i, i);
  for (let i = 96; i < 100; i++) assert.equal(cache.get(i), i);
  assert.ok(kept(cache, 100) <= 10);
});

test("what is used stays", () => {
  const cache = createCache<number, number>(10);
  for (let i = 0; i < 100; i++) {
    cache.set(i, i);
    assert.equal(cache.get(0), 0);
  }
});

test("a limit of nothing keeps one", () => {
  const cache = createCache<string, number>(0);
  cache.set("a", 1);
  cache.set("b", 2);
  assert.equal(cache.get("a"), undefined);
});
