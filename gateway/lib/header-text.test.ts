import assert from "node:assert/strict";
import { test } from "node:test";
import { headerText } from "./header-text.ts";

const asParsed = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

test("a header is the text that was written in UTF-8, and anything else as it came", () => {
  for (const text of ["plain", "", "Grün", "東京 🎈"]) assert.equal(headerText(asParsed(text)), text);
  for (const other of ["Gr\xfcn", "\xff", "\xc3", "東京", "ü東"]) assert.equal(headerText(other), other);
});
