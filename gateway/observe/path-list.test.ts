import assert from "node:assert/strict";
import { test } from "node:test";
import { createPathFilter } from "./path-filter.ts";
import { createPathList } from "./path-list.ts";

test("beyond the limit a path is one of the others, and what was known stays known", () => {
  const list = createPathList(2);
  assert.deepEqual(
    ["/a", "/b/1", "/c", "/b/2", "/a", "/d"].map((path) => list.nameOf(path, 200)),
    ["/a", "/b/:id", "(other)", "/b/:id", "/a", "(other)"],
  );
});

test("paths that the site does not have take no place", () => {
  const list = createPathList(2);
  for (const word of ["admin", "login", "wp-content"]) assert.equal(list.nameOf(`/${word}`, 404), "(other)");
  assert.equal(list.nameOf("/a", 200), "/a");
  assert.equal(list.nameOf("/a", 404), "/a", "one that is there, though not this time");
});

test("a path counts where a pattern includes it and none excludes it", () => {
  const filter = createPathFilter(["/api/**", "/hooks/*"], ["/api/health", "/api/*/internal/**"]);
  const counted = [
    "/api/orders",
    "/api/orders/7",
    "/api/",
    "/hooks/a",
    "/hooks/a/b",
    "/api/health",
    "/api/v1/internal/x",
    "/api/%68ealth",
    "/",
    "/apis",
  ].filter(filter);
  assert.deepEqual(counted, ["/api/orders", "/api/orders/7", "/api/", "/hooks/a"]);
});
