import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEndpoint } from "./endpoint.ts";
import { createPools } from "./pools.ts";

const options = (more = {}) => ({
  endpoint: parseEndpoint("http://127.0.0.1:1"),
  connections: 10,
  queue: 10,
  connectMs: 1000,
  firstByteMs: 1000,
  headBytes: 4096,
  ...more,
});

test("a pool is the same as long as somebody holds it, and its limits are", async () => {
  const pools = createPools();
  const first = pools.take("a", options());
  assert.equal(pools.take("a", options()), first);
  const others = [pools.take("a", options({ connections: 11 })), pools.take("b", options())];
  assert.ok(!others.includes(first));
  await pools.release(first);
  assert.equal(pools.take("a", options()), first, "one still holds it");
  await pools.release(first);
  await pools.release(first);
  const next = pools.take("a", options());
  assert.notEqual(next, first);
  for (const pool of [next, ...others]) await pools.release(pool);
});
