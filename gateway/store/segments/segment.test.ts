import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { dayOf, footerOf, hashFile } from "./segment.ts";

test("an event lies in its own day, and beyond the years of four digits in the first or the last", () => {
  const days: readonly [at: number, day: string][] = [
    [-8.64e15, "0001-01-01"],
    [Date.parse("0000-12-31T23:59:59.999Z"), "0001-01-01"],
    [Date.parse("0001-01-02"), "0001-01-02"],
    [Date.parse("1850-06-01T23:59:59.999Z"), "1850-06-01"],
    [-1, "1969-12-31"],
    [Date.parse("9999-12-30T23:59:59.999Z"), "9999-12-30"],
    [Date.parse("9999-12-31T23:59:59.999Z"), "9999-12-31"],
    [8.64e15, "9999-12-31"],
  ];
  for (const [at, day] of days) assert.equal(dayOf(at), day, day);
});

test("a file's end is hashed as it says how long it is; what is no such file has none", () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-footer-"));
  const file = join(dir, "part.parquet");
  const lengthOf = (n: number): string => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(n);
    return bytes.toString("latin1");
  };
  const sha = (text: string, digits = 64) => createHash("sha256").update(text).digest("hex").slice(0, digits);
  const cases: readonly [text: string, footer: string | null][] = [
    [`PAR1dataend${lengthOf(3)}PAR1`, sha("end", 32)],
    [`PAR1end${lengthOf(3)}PAR1`, sha("end", 32)],
    [`PAR1${lengthOf(0)}PAR1`, sha("", 32)],
    [`PAR1end${lengthOf(4)}PAR1`, null], // as long as would reach into the file's first word
    [`PAR1dataend${lengthOf(3)}PAR2`, null],
    [`R1${lengthOf(0)}PAR1`, null],
    ["PAR1", null],
    ["", null],
  ];
  for (const [text, footer] of cases) {
    writeFileSync(file, text, "latin1");
    assert.equal(footerOf(file), footer, JSON.stringify(text));
    assert.equal(hashFile(file), sha(text), JSON.stringify(text));
  }
  rmSync(dir, { recursive: true });
});
