import assert from "node:assert/strict";
import { test } from "node:test";
import { isPlaceholder } from "./placeholder.ts";

test("what stands for everybody is nobody's id", () => {
  const none = [
    "",
    " ",
    "0",
    "-1",
    "000-000",
    "null",
    "NULL",
    "undefined",
    "NaN",
    "[object Object]",
    "{}",
    "?",
  ];
  const names = [
    "anonymous",
    "Guest",
    "admin",
    "(not set)",
    "cookieless",
    "00000000-0000-0000-0000-000000000000",
  ];
  for (const id of [...none, ...names]) assert.ok(isPlaceholder(id), JSON.stringify(id));
});

test("what may be somebody's id is taken", () => {
  for (const id of ["ada", "10", "1", "a@b.example", "user-123", "u0", "0x1f", "abc", "日本"]) {
    assert.ok(!isPlaceholder(id), id);
  }
});
