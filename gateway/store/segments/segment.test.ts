import assert from "node:assert/strict";
import { test } from "node:test";
import { dayOf } from "./segment.ts";

test("an event lies in its own day, and beyond the years of four digits in the first or the last", () => {
  const days: readonly [at: number, day: string][] = [
    [-8.64e15, "0001-01-01"],
    [Date.parse("0000-12-31T23:59:59.999Z"), "0001-01-01"],
    [Date.parse("0001-01-02"), "0001-01-02"],
    [Date.parse("1850-06-01T23:59:59.999Z"), "1850-06-01"],
    [-1, "1969-12-31"],
    [Date.parse("9999-12-30T23:59:59.999Z"), "9999-12-30"],
    [Date.parse("9999-12-31T23:59:59.999Z"), "9999-12-31"],
    [8.64e15, "9999-12-31"],
  ];
  for (const [at, day] of days) assert.equal(dayOf(at), day, day);
});
