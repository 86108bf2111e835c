import assert from "node:assert/strict";
import { test } from "node:test";
import type { Notes } from "../native/notes.ts";
import { shortText } from "./cut-text.ts";

const cutTo = (text: string, maxBytes: number): string => shortText(text, "dt", maxBytes, []);

test("texts are cut by bytes, between two characters", () => {
  assert.equal(cutTo("abcdef", 6), "abcdef");
  assert.equal(cutTo("abcdefg", 6), "abcdef");
  assert.equal(cutTo("aéé", 4), "aé");
  assert.equal(cutTo("éé", 4), "éé");
  assert.equal(cutTo("a💩💩", 8), "a💩");
  assert.equal(cutTo("💩", 3), "");
});

test("what was done to a text is noted", () => {
  const notes: Notes = [];
  assert.equal(shortText("a\0bc", "dt", 3, notes), "ab");
  assert.deepEqual(
    notes.map(({ problem }) => problem),
    ["cut to 3 bytes", "NUL characters removed"],
  );
});
