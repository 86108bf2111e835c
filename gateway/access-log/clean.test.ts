import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanPath, cleanQuery, cleanReferrer } from "./clean.ts";

const queries: readonly (readonly [query: string, written: string])[] = [
  ["", ""],
  ["q=shoes&page=2", "q=shoes&page=2"],
  ["token=abc&q=1", "token=***&q=1"],
  ["ACCESS_TOKEN=abc", "ACCESS_TOKEN=***"],
  ["to%6Ben=abc", "to%6Ben=***"],
  ["user%5Bpassword%5D=abc", "user%5Bpassword%5D=***"],
  ["api_secret=s&measurement_id=G-1", "api_secret=***&measurement_id=G-1"],
  ["cid=1.2&vid=abc&uid=7", "cid=***&vid=***&uid=***"],
  ["to=jane@example.com", "to=***"],
  ["to=jane%40example.com&x=1", "to=***&x=1"],
  ["jane@example.com", "***"],
  ["jane@example.com=1", "***=***"],
  ["to=jane%2540example.com", "to=jane%2540example.com"],
  ["%zz=1&broken=%", "%zz=1&broken=%"],
  ["flag", "flag"],
];

for (const [query, written] of queries) {
  test(`of the query ${query || "(none)"} is written ${written || "nothing"}`, () => {
    assert.equal(cleanQuery(query), written);
  });
}

test("addresses of mail in a path are hidden", () => {
  assert.equal(cleanPath("/leave/jane@example.com/now"), "/leave/***/now");
  assert.equal(cleanPath("/leave/jane%40example.com"), "/leave/***");
  assert.equal(cleanPath("/shoes/42"), "/shoes/42");
});

test("a referrer is written without its query, its user and its fragment", () => {
  assert.equal(cleanReferrer("https://jane:pw@example.com/a?q=1#x"), "https://example.com/a");
  assert.equal(cleanReferrer("javascript:alert(1)"), null);
  assert.equal(cleanReferrer("nonsense"), null);
  assert.equal(cleanReferrer(undefined), null);
});
