import assert from "node:assert/strict";
import { test } from "node:test";
import { createEndpointFinder } from "./collect/find-endpoint.ts";
import { configSchema } from "./config/schema.ts";
import { createNative } from "./decode/native/native.ts";
import { claimsOf } from "./public-paths.ts";

test("a path of the collect path that something else answers is no event in a recording either", () => {
  const config = configSchema.parse({ tracking: { publicDir: "public" } });
  const { collectPath, legacyPaths } = config.tracking;
  const native = createNative({ contactKey: Buffer.alloc(32), batchEvents: 1, collectPath, legacyPaths });
  const find = createEndpointFinder([native]);
  const takers = new Set(["events", "payments", "privacy"]);
  const others = claimsOf(config).filter(({ key, path }) => path.startsWith(collectPath) && !takers.has(key));
  assert.ok(others.length >= 6);
  for (const { path } of others) assert.equal(find(path)?.endpoint.from, "nobody", path);
});
