import assert from "node:assert/strict";
import { test } from "node:test";
import { createFairLine, type FairLine } from "./fair-line.ts";

const all = (line: FairLine<string>): readonly string[] => {
  const items: string[] = [];
  for (let item = line.shift(); item !== undefined; item = line.shift()) items.push(item);
  return items;
};

const filled = (...items: readonly string[]): FairLine<string> => {
  const line = createFairLine<string>();
  for (const item of items) line.push(item.charAt(0), item);
  return line;
};

test("each origin has its turn, and its own keep their order", () => {
  const line = filled("a1", "a2", "a3", "a4", "b1", "c1", "b2");
  assert.equal(line.length, 7);
  assert.deepEqual([line.shift(), line.shift()], ["a1", "b1"]);
  line.push("d", "d1");
  assert.deepEqual(all(line), ["c1", "a2", "b2", "d1", "a3", "a4"]);
  assert.equal(line.length, 0);
  assert.equal(line.shift(), undefined);
});

test("whoever gives up leaves the line", () => {
  const line = filled("a1", "a2", "b1");
  assert.equal(line.remove("a1"), true);
  assert.equal(line.remove("a1"), false);
  assert.equal(line.remove("b1"), true);
  assert.equal(line.length, 1);
  assert.deepEqual(all(line), ["a2"]);
});

test("room is made at the cost of whoever has most, for one who has less", () => {
  const line = filled("a1", "b1", "b2", "b3", "c1", "c2");
  assert.equal(line.makeRoom("d"), "b3");
  line.push("d", "d1");
  assert.equal(line.makeRoom("b"), undefined, "nobody has more");
  assert.equal(line.makeRoom("a"), undefined, "it would only change places");
  assert.equal(line.makeRoom("e"), "b2");
  assert.equal(line.length, 5);
  assert.deepEqual(all(line), ["a1", "b1", "c1", "d1", "c2"]);
  assert.equal(line.makeRoom("a"), undefined);
  line.push("", "of nobody");
  assert.equal(line.makeRoom(""), undefined);
});
