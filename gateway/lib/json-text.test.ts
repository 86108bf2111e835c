import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonText } from "./json-text.ts";

test("what can be read but is too deep to be written is null", () => {
  assert.equal(jsonText({ a: [1, null] }), '{"a":[1,null]}');
  assert.equal(jsonText(JSON.parse("[".repeat(200_000) + "]".repeat(200_000))), null);
});
