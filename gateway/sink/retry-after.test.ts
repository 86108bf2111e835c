import assert from "node:assert/strict";
import { test } from "node:test";
import { readRetryAfter } from "./retry-after.ts";

const now = Date.parse("2026-01-31T12:00:00Z");

for (const [value, ms] of [
  [undefined, 0],
  ["120", 120_000],
  [" 5 ", 5000],
  ["Sat, 31 Jan 2026 12:00:30 GMT", 30_000],
  ["Sat, 31 Jan 2026 11:59:30 GMT", 0],
  ["-5", 0],
  ["1.5", 0],
  ["tomorrow", 0],
  ["99999999999", 0],
] as const) {
  test(`Retry-After: ${value} is a wait of ${ms} ms`, () => assert.equal(readRetryAfter(value, now), ms));
}
