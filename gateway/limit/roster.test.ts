import assert from "node:assert/strict";
import { test } from "node:test";
import { createRoster } from "./roster.ts";

test("keys are kept up to the limit, then a quiet one makes room", () => {
  const roster = createRoster(3);
  assert.deepEqual(["a", "b", "c", "a", "b"].map(roster.note), [null, null, null, null, null]);
  assert.equal(roster.note("d"), "c", "a and b were used again");
  assert.equal(roster.note("e"), "a", "nobody was used since, so the oldest");
  assert.equal(roster.size, 3);
});

test("when every key is busy one of them still makes room", () => {
  const roster = createRoster(2);
  for (const key of ["a", "b", "a", "b"]) roster.note(key);
  assert.equal(roster.note("c"), "a");
  assert.equal(createRoster(1).note("only"), null);
});

test("a busy key outlives a flood of new ones", () => {
  const roster = createRoster(100);
  roster.note("busy");
  const gone = new Set<string | null>();
  for (let i = 0; i < 10_000; i++) {
    gone.add(roster.note(`flood ${i}`));
    if (i % 50 === 0) roster.note("busy");
  }
  assert.ok(!gone.has("busy"));
  assert.equal(roster.size, 100);
});

test("clearing gives back every key and starts anew", () => {
  const roster = createRoster(2);
  for (const key of ["a", "b", "c"]) roster.note(key);
  assert.deepEqual([...roster.clear()].sort(), ["b", "c"]);
  assert.deepEqual([roster.size, roster.note("c")], [0, null]);
});
