import assert from "node:assert/strict";
import { test } from "node:test";
import { allowsRange, type Conditions, judgeConditions, type Verdict } from "./conditions.ts";

const modifiedMs = Date.UTC(2024, 5, 15, 12, 0, 0);
const state = { etag: '"abc-1"', modifiedMs };
const same = "Sat, 15 Jun 2024 12:00:00 GMT";
const before = "Sat, 15 Jun 2024 11:59:59 GMT";
const after = "Sat, 15 Jun 2024 12:00:01 GMT";

const none: Conditions = {
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSince: undefined,
  ifUnmodifiedSince: undefined,
};

test("conditions are weighed in the order of RFC 9110 §13.2.2", () => {
  const cases: readonly [section: string, conditions: Partial<Conditions>, verdict: Verdict][] = [
    ["no condition", {}, "proceed"],
    ["§13.1.1 the tag", { ifMatch: '"abc-1"' }, "proceed"],
    ["§13.1.1 one of a list", { ifMatch: '"x", "abc-1"' }, "proceed"],
    ["§13.1.1 any", { ifMatch: "*" }, "proceed"],
    ["§13.1.1 another tag", { ifMatch: '"x"' }, "failed"],
    ["§13.1.1 compares strongly", { ifMatch: 'W/"abc-1"' }, "failed"],
    ["§13.1.1 nothing that is a tag", { ifMatch: "abc-1" }, "failed"],
    ["§13.1.2 the tag", { ifNoneMatch: '"abc-1"' }, "notModified"],
    ["§13.1.2 compares weakly", { ifNoneMatch: 'W/"abc-1"' }, "notModified"],
    ["§13.1.2 one of a list", { ifNoneMatch: '"x" , W/"abc-1"' }, "notModified"],
    ["§13.1.2 any", { ifNoneMatch: "*" }, "notModified"],
    ["§13.1.2 another tag", { ifNoneMatch: '"abc-10"' }, "proceed"],
    ["§8.8.3 a comma inside a tag", { ifNoneMatch: '"x,\\"abc-1"' }, "proceed"],
    ["§13.1.3 the same time", { ifModifiedSince: same }, "notModified"],
    ["§13.1.3 a later time", { ifModifiedSince: after }, "notModified"],
    ["§13.1.3 an earlier time", { ifModifiedSince: before }, "proceed"],
    ["§13.1.3 no date is no condition", { ifModifiedSince: "yesterday" }, "proceed"],
    ["§5.6.7 another calendar's writing", { ifModifiedSince: "2024-06-15T12:00:00Z" }, "proceed"],
    ["§5.6.7 RFC 850 form", { ifModifiedSince: "Saturday, 15-Jun-24 12:00:00 GMT" }, "notModified"],
    ["§5.6.7 asctime form", { ifModifiedSince: "Sat Jun 15 12:00:00 2024" }, "notModified"],
    ["§13.1.3 is ignored beside If-None-Match", { ifNoneMatch: '"x"', ifModifiedSince: after }, "proceed"],
    ["§13.1.4 the same time", { ifUnmodifiedSince: same }, "proceed"],
    ["§13.1.4 an earlier time", { ifUnmodifiedSince: before }, "failed"],
    ["§13.1.4 no date is no condition", { ifUnmodifiedSince: "never" }, "proceed"],
    ["§13.1.4 is ignored beside If-Match", { ifMatch: "*", ifUnmodifiedSince: before }, "proceed"],
    ["§13.2.2 step 1 before 3", { ifMatch: '"x"', ifNoneMatch: '"abc-1"' }, "failed"],
    ["§13.2.2 step 2 before 3", { ifUnmodifiedSince: before, ifNoneMatch: '"abc-1"' }, "failed"],
    ["§13.2.2 step 1, then 3", { ifMatch: '"abc-1"', ifNoneMatch: '"abc-1"' }, "notModified"],
    ["§13.2.2 step 2, then 4", { ifUnmodifiedSince: after, ifModifiedSince: same }, "notModified"],
  ];
  for (const [section, conditions, verdict] of cases) {
    assert.equal(judgeConditions({ ...none, ...conditions }, state), verdict, section);
  }
});

test("a range counts only for the very state that If-Range names (RFC 9110 §13.1.5)", () => {
  const cases: readonly [ifRange: string | undefined, allowed: boolean][] = [
    [undefined, true],
    ['"abc-1"', true],
    ['W/"abc-1"', false],
    ['"x"', false],
    [same, true],
    [before, false],
    [after, false],
    ["", false],
    ["nonsense", false],
  ];
  for (const [ifRange, allowed] of cases) assert.equal(allowsRange(ifRange, state), allowed, ifRange);
});
