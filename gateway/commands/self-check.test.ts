import assert from "node:assert/strict";
import { test } from "node:test";
import { rulesMet } from "./filter-rules.ts";

test("a path meets the rules that filter lists would refuse it by", () => {
  const table = [
    ["/track.js", "script", ["/track.js"]],
    ["/js/analytics.js", "script", ["/analytics.js"]],
    ["/app.js", "script", []],
    ["/tr/v1/", "request", []],
    ["/g/collect/", "request", ["/collect^", "/g/collect^"]],
    ["/collector/", "request", []],
    ["/Pixel/", "request", ["/pixel^"]],
    ["/track.full.js", "script", []],
  ] as const;
  for (const [path, kind, rules] of table) assert.deepEqual(rulesMet(path, kind), rules, path);
});
