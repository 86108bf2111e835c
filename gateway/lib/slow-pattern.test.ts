import assert from "node:assert/strict";
import { test } from "node:test";
import { repeatsRepeats } from "./slow-pattern.ts";

test("expressions that can take for ever are told from those that cannot", () => {
  const cases: readonly [pattern: string, isDanger: boolean][] = [
    ["^/old/(.*)$", false],
    ["^/(a|b)/(.*)$", false],
    ["^/(?:x/)?(.*)$", false],
    ["^/([a-z]+)-(\\d+)$", false],
    ["^/[(+]+$", false],
    ["^/\\(a+\\)+$", false],
    ["^(a+)+$", true],
    ["^(a*)*$", true],
    ["^((a+)b)*$", true],
    ["^(a|aa)+$", true],
    ["^(?:a+){2,}$", true],
    ["^((a|b)c)*$", true],
  ];
  for (const [pattern, isDanger] of cases) assert.equal(repeatsRepeats(pattern), isDanger, pattern);
});
