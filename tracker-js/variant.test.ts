import assert from "node:assert/strict";
import { test } from "node:test";
import { parseXid } from "./variant.ts";

test("a variant is read from the cookie's list of experiments", () => {
  const xid = "pricing-headline.b~pricing.control~c_1.v2.1";
  const table: [string, string | null][] = [
    ["pricing-headline", "b"],
    ["pricing", "control"],
    ["c_1", "v2.1"],
    ["pric", null],
    ["b", null],
    ["", null],
  ];
  for (const [key, variant] of table) assert.equal(parseXid(xid, key), variant, key);
  assert.equal(parseXid("", "pricing"), null);
});
