import assert from "node:assert/strict";
import { test } from "node:test";
import { readPriority } from "./priority.ts";

test("the field priority (RFC 9218 §4)", () => {
  const cases: readonly [value: string, urgency: number, isShared: boolean][] = [
    ["u=0, i", 0, true],
    ["u=5", 5, false],
    ["i", 3, true],
    ["i=?1,u=7", 7, true],
    ["i=?0, u=1", 1, false],
    ["u=2;x=1, i;y", 2, true],
    // what cannot be read is not said (§4)
    ["u=8", 3, false],
    ["u=-1", 3, false],
    ["u=12", 3, false],
    ["menu=1", 3, false],
    ["", 3, false],
  ];
  for (const [value, urgency, isShared] of cases)
    assert.deepEqual(readPriority(value), { urgency, isShared }, value);
});
