import assert from "node:assert/strict";
import { test } from "node:test";
import { readBool, readFloat, readInt } from "./casts.ts";

test("whole numbers are read strictly, in base ten", () => {
  for (const [text, number] of [
    ["0", 0],
    ["-12", -12],
    ["007", 7],
    ["9007199254740991", 9_007_199_254_740_991],
    ["9007199254740993", undefined],
    ["1.5", undefined],
    ["5a", undefined],
    [" 5", undefined],
    ["", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
  ] as const)
    assert.equal(readInt(text), number, text);
});

test("a number is decimal and finite", () => {
  for (const [text, number] of [
    ["75.5", 75.5],
    ["-.5", -0.5],
    ["1e3", 1000],
    ["NaN", undefined],
    ["Infinity", undefined],
    ["1e999", undefined],
    ["0x1p-2", undefined],
    ["1_000", undefined],
    ["", undefined],
  ] as const)
    assert.equal(readFloat(text), number, text);
});

test("yes and no are read in the usual words", () => {
  for (const text of ["true", "YES", " y ", "on", "1", "T"]) assert.equal(readBool(text), true, text);
  for (const text of ["false", "No", "n", "off", "0", "f"]) assert.equal(readBool(text), false, text);
  for (const text of ["", "2", "maybe", "10"]) assert.equal(readBool(text), undefined, text);
});
