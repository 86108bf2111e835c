import assert from "node:assert/strict";
import { test } from "node:test";
import { countEdits, nearest } from "./nearest.ts";

const pairs: readonly (readonly [a: string, b: string, edits: number])[] = [
  ["", "", 0],
  ["", "abc", 3],
  ["lisen", "listen", 1],
  ["weigth", "weight", 1],
  ["rote", "routes", 2],
  ["kitten", "sitting", 3],
];
for (const [a, b, edits] of pairs) {
  test(`${JSON.stringify(a)} is ${edits} edits from ${JSON.stringify(b)}, both ways`, () => {
    assert.equal(countEdits(a, b), edits);
    assert.equal(countEdits(b, a), edits);
  });
}

test("the nearest known word is found whatever the case, and nothing where all are far", () => {
  const known = ["listen", "limits", "data"];
  assert.equal(nearest("lisen", known), "listen");
  assert.equal(nearest("LISTEN", known), "listen");
  assert.equal(nearest("dta", known), "data");
  assert.equal(nearest("experiments", known), null);
  assert.equal(nearest("x", []), null);
});
