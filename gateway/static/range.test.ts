import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRange } from "./range.ts";

test("a Range field asks for a part, for the whole, or for what is not there", () => {
  const cases: readonly [field: string, size: number, expected: [number, number] | "unsatisfiable" | null][] =
    [
      // RFC 9110 §14.1.2
      ["bytes=0-4", 10, [0, 4]],
      ["bytes=0-0", 10, [0, 0]],
      ["bytes=5-", 10, [5, 9]],
      ["bytes=9-", 10, [9, 9]],
      ["bytes=5-100", 10, [5, 9]],
      ["bytes=-3", 10, [7, 9]],
      ["bytes=-100", 10, [0, 9]],
      ["bytes=10-", 10, "unsatisfiable"],
      ["bytes=10-20", 10, "unsatisfiable"],
      ["bytes=-0", 10, "unsatisfiable"],
      ["bytes=0-", 0, "unsatisfiable"],
      ["bytes=-1", 0, null],
      ["Bytes= 0-4 ", 10, [0, 4]],
      // §14.2: what is broken, unknown or several is ignored
      ["bytes=4-0", 10, null],
      ["bytes=-", 10, null],
      ["bytes=", 10, null],
      ["bytes=a-b", 10, null],
      ["bytes=0-4,6-8", 10, null],
      ["lines=0-4", 10, null],
      ["bytes 0-4", 10, null],
      ["bytes=+0-4", 10, null],
      ["bytes=0-99999999999999999999", 10, null],
    ];
  for (const [field, size, expected] of cases) {
    const range = parseRange(field, size);
    const plain = range && range !== "unsatisfiable" ? [range.start, range.end] : range;
    assert.deepEqual(plain, expected, `${field} of ${size}`);
  }
});
