import assert from "node:assert/strict";
import { test } from "node:test";
import { readLastUsed } from "./last-used.ts";

test("what was kept is read field by field, and anything else gives an empty form", () => {
  const kept = {
    kind: "pixel",
    tracker: "t.example.com",
    plain: true,
    tags: { utm_source: "x", odd: "y", aff: 3 },
  };
  const read = readLastUsed(kept);
  assert.deepEqual([read.kind, read.tracker, read.plain], ["pixel", "t.example.com", true]);
  assert.deepEqual(
    Object.entries(read.tags).filter(([, value]) => value),
    [["utm_source", "x"]],
  );
  for (const value of [undefined, null, "text", { kind: "other", tags: [] }]) {
    const { kind, tracker, plain } = readLastUsed(value);
    assert.deepEqual({ kind, tracker, plain }, { kind: "internal", tracker: "", plain: false });
  }
});
