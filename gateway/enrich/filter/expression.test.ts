import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseExpression } from "./expression.ts";
import { ExpressionError } from "./tokens.ts";

const columns = ["ip_address", "name", "page_path", "value", "user_id"];
const row = { ip_address: "100.65.0.1", name: "page_view", page_path: "/a/b", value: 12 };

const holds = (text: string): boolean =>
  parseExpression(text, columns)((column) => (row as Record<string, string | number>)[column] ?? "");

const table: readonly (readonly [expression: string, result: boolean])[] = [
  [`inCidr(ip_address, "100.64.0.0/10")`, true],
  [`inCidr(ip_address, "10.0.0.0/8")`, false],
  [`inCidr(user_id, "10.0.0.0/8")`, false],
  [`ip_address startsWith "192.168" || inCidr(ip_address, "100.65.0.1")`, true],
  [`name == "page_view" && page_path contains "/b"`, true],
  [`name == 'page_view' and not (page_path endsWith "/a")`, true],
  ["!(name == `page_view`)", false],
  [`name != "scroll"`, true],
  [`page_path matches "^/a/[a-z]$"`, true],
  [`name in ["scroll", "page_view"]`, true],
  [`name in []`, false],
  [`name not in ["scroll"]`, true],
  [`name not contains "page" || page_path not startsWith "/b"`, true],
  [`name matches "(?i)PAGE"`, true],
  ["value > 10", true],
  ["value >= 12 and value <= 12", true],
  [`value == "12"`, true],
  ["value < 3 or value == 12", true],
  [`user_id == ""`, true],
  ["user_id == nil", true],
  ["user_id > 0", false],
  [`name < "q"`, true],
  [`"page" + ""`, false],
];

describe("expressions", () => {
  for (const [expression, result] of table.slice(0, -1)) {
    test(`${expression} is ${result}`, () => assert.equal(holds(expression), result));
  }

  test("&& binds closer than ||", () => {
    assert.equal(holds(`name == "page_view" || name == "x" && name == "y"`), true);
    assert.equal(holds(`(name == "page_view" || name == "x") && name == "y"`), false);
  });
});

const wrong: readonly (readonly [expression: string, sentence: RegExp])[] = [
  [`event_name == "x"`, /there is no column event_name, did you mean name\? at character 1/],
  [`ip == "x"`, /there is no column ip, did you mean ip_address\?/],
  [`name not == "x"`, /expected in, contains, startsWith, endsWith or matches, found "=="/],
  [`nme == "x"`, /no column nme, did you mean name\? at character 1/],
  ["", /expected a column/],
  ["name", /expected an operator .* found the end at character 5/],
  ["name ==", /found the end/],
  [`name == "x" extra`, /expected &&, \|\| or the end, found "extra"/],
  [`inCidr(ip_address, "10.0.0.0/99")`, /"10\.0\.0\.0\/99" is no address range/],
  [`name matches "("`, /"\(" is no pattern/],
  [`name matches "^(a+)+$"`, /repeats a repetition or a choice, which can take for ever, at character 14/],
  [`(name == "x"`, /expected "\)"/],
  [`"a" + "b"`, /unexpected "\+"/],
  [`name == "x`, /unexpected "\\""/],
  [`${"(".repeat(1000)}name == "x"`, /too deeply nested/],
  [`name == constructor`, /no column constructor/],
];

describe("wrong expressions", () => {
  for (const [expression, sentence] of wrong) {
    test(`${expression.slice(0, 60)} is refused`, () => {
      assert.throws(() => parseExpression(expression, columns), sentence);
    });
  }

  test("whatever stands there is refused in a sentence or gives an answer", () => {
    const word = fc.constantFrom(
      "name",
      "==",
      "&&",
      "(",
      ")",
      "!",
      "in",
      "[",
      "]",
      ",",
      `"x"`,
      "1",
      "matches",
      "inCidr",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join(" ")),
        ),
        (text) => {
          try {
            assert.equal(typeof holds(text), "boolean");
          } catch (error) {
            assert.ok(error instanceof ExpressionError, String(error));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
