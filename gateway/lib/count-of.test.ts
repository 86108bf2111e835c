import assert from "node:assert/strict";
import { test } from "node:test";
import { countOf } from "./count-of.ts";

test("one is told from many, and thousands are grouped", () => {
  assert.deepEqual(
    [0, 1, 2, 1204].map((n) => countOf(n, "sealed file")),
    ["0 sealed files", "1 sealed file", "2 sealed files", "1,204 sealed files"],
  );
});
