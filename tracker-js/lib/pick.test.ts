import assert from "node:assert/strict";
import { test } from "node:test";
import { pick } from "./pick.ts";

test("a variant is picked from the cookie's list of experiments", () => {
  const table: [string, string | undefined][] = [
    ["pricing-headline", "b"],
    ["pricing", "control"],
    ["c_1", "v2"],
    ["pric", undefined],
    ["b", undefined],
  ];
  for (const xid of [
    "pricing-headline.b~pricing.control~c_1.v2",
    "~pricing-headline.b~pricing.control~c_1.v2~",
  ]) {
    for (const [key, variant] of table) assert.equal(pick(xid, `${key}.`, "~"), variant, `${key} in ${xid}`);
  }
  assert.equal(pick("", "pricing.", "~"), undefined);
});

test("a cookie is picked by its whole name, the first of several", () => {
  const cookies = "xvid=no; vid=first; vid=second; empty=";
  assert.equal(pick(cookies, "vid=", "; "), "first");
  assert.equal(pick(cookies, "empty=", "; "), "");
  assert.equal(pick(cookies, "id=", "; "), undefined);
});
