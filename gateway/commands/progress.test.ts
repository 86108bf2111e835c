import assert from "node:assert/strict";
import { test } from "node:test";
import type { Io } from "./context.ts";
import { barOf, createProgress } from "./progress.ts";
import { capture } from "./run-for-test.ts";

/** What is drawn of a thousand steps of a millisecond each. */
const drawn = (isTTY: boolean, isTerminal: boolean): string => {
  const stderr = Object.assign(capture(), { isTTY });
  const io: Io = { stdout: capture(), stderr, env: {}, isTerminal };
  let now = 0;
  const progress = createProgress(io, 2000, () => now);
  for (let i = 0; i < 1000; i++) {
    now++;
    progress.step();
  }
  progress.end();
  return stderr.text();
};

test("a bar grows on a terminal while the rows go elsewhere, and is gone at the end", () => {
  const text = drawn(true, false);
  assert.match(text, /\r\[=+> +\] +\d+ % {2}\d+ of 2,000/);
  assert.ok(text.split("\r").length <= 12, "it is drawn ten times a second at most");
  assert.ok(text.endsWith("\r\u001b[K"));
});

test("nothing is drawn into a file, nor between the rows that a person reads", () => {
  assert.equal(drawn(false, false), "");
  assert.equal(drawn(true, true), "");
});

test("the bar is empty at first, full at the end, and never longer", () => {
  assert.equal(barOf(0, 10), `[${" ".repeat(30)}]   0 %  0 of 10`);
  assert.equal(barOf(10, 10), `[${"=".repeat(29)}>] 100 %  10 of 10`);
  assert.equal(barOf(30, 10), `[${"=".repeat(29)}>] 100 %  30 of 10`);
  assert.equal(barOf(12_345, null), "12,345 rows");
});
