import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanText, textProblem } from "./clean-text.ts";

const table: readonly [what: string, text: string, clean: string, problem: string | null][] = [
  ["a sound text is untouched", "häß 😀", "häß 😀", null],
  ["NUL characters are removed", "a\0b\0", "ab", "NUL characters removed"],
  ["a lone surrogate is replaced", "a\ud800b", "a\ufffdb", "broken characters replaced"],
  ["a long text is cut", "abcdefghijk", "abcdefghij", "cut to 10 characters"],
  ["a cut does not split a pair", "abcdefghi😀", "abcdefghi", "cut to 10 characters"],
];

for (const [what, text, clean, problem] of table) {
  test(what, () => {
    assert.equal(cleanText(text, 10), clean);
    assert.equal(textProblem(text, 10), problem);
  });
}
