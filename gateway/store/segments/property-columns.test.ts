import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseColumns, createPropertyCount, kindOf, maxCounted, widen } from "./property-columns.ts";

const countOf = (...all: Record<string, string | number | boolean | null>[]) => {
  const count = createPropertyCount();
  for (const properties of all) count.add(properties);
  return count.counted;
};

test("a column is as wide as the values it has seen", () => {
  const cases = [
    [1, 2, "int"],
    [1, 2.5, "float"],
    [1, "x", "mixed"],
    [true, 1, "mixed"],
    ["a", "b", "text"],
    [2 ** 60, 1, "float"],
  ] as const;
  for (const [a, b, kind] of cases) assert.equal(widen(kindOf(a) ?? "mixed", kindOf(b) ?? "mixed"), kind);
});

test("a property that was chosen keeps its column until another is used twice as often", () => {
  const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
  const first = chooseColumns([], countOf(Object.fromEntries(names.map((name) => [name, 1]))), []);
  const isChosen = (all: typeof first, name: string) => all.find((column) => column.name === name)?.chosen;
  const second = chooseColumns(first, countOf({ new: 1 }, { new: 1 }), []);
  assert.equal(isChosen(second, "new"), false);
  const third = chooseColumns(second, countOf({ new: 1 }), []);
  assert.equal(isChosen(third, "new"), true);
  assert.equal(third.filter(({ chosen }) => chosen).length, 200);
});

test("names that clients make up are counted up to a limit, and odd ones get no column", () => {
  const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`made-up-${i}`, i]));
  assert.equal(countOf(many).size, maxCounted * 4);
  assert.equal(chooseColumns([], countOf(many), []).length, maxCounted);
  assert.equal(countOf({ "": 1, "a\u0000b": 1, "line\n": 1, "\ud800": 1, ["x".repeat(101)]: 1 }).size, 0);
});
