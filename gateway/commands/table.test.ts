import assert from "node:assert/strict";
import { test } from "node:test";
import { csvLine } from "./csv.ts";
import { alignTable } from "./table.ts";

test("columns are as wide as their widest cell, numbers stand to the right, no blanks end a line", () => {
  const rows = [
    ["NAME", "N", "NOTE"],
    ["a", "1", "short"],
    ["longer", "-22.5", ""],
  ];
  assert.equal(alignTable(rows), "NAME        N  NOTE\na           1  short\nlonger  -22.5");
});

test("a table of nothing but its heading is its heading", () => {
  assert.equal(alignTable([["NAME", "ROLE"]]), "NAME  ROLE");
  assert.equal(alignTable([]), "");
});

const fields: readonly (readonly [value: string | number | boolean | null, text: string])[] = [
  ["plain", "plain"],
  ["", '""'],
  [null, ""],
  ["a,b", '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ["two\nlines", '"two\nlines"'],
  ["=1+1", "=1+1"],
  [" blank ", " blank "],
  [1.5, "1.5"],
  [false, "false"],
];
for (const [value, text] of fields) {
  test(`${JSON.stringify(value)} in CSV is ${JSON.stringify(text)}`, () => {
    assert.equal(csvLine([value, 1]), `${text},1\r\n`);
  });
}
