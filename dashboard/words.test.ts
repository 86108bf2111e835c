import assert from "node:assert/strict";
import { test } from "node:test";
import {
  amount,
  asSent,
  change,
  count,
  countOf,
  duration,
  nameInWords,
  pathInWords,
  percent,
  shortened,
} from "./words.ts";

test("counts are grouped by thousands", () => {
  assert.equal(count(1234567), "1,234,567");
  assert.equal(countOf(1, "event", "events"), "1 event");
  assert.equal(countOf(2000, "event", "events"), "2,000 events");
});

test("small shares keep a digit more, changes carry their sign", () => {
  assert.equal(percent(0.0342), "3.4 %");
  assert.equal(percent(0.131), "13 %");
  assert.equal(percent(0), "0 %");
  assert.equal(change(0.239), "+24 %");
  assert.equal(change(-0.041), "−4.1 %");
  assert.equal(change(0), "0 %");
});

test("a share that is more than nothing never reads as nothing", () => {
  assert.equal(percent(0.0004), "0.04 %");
  assert.equal(percent(0.00001), "0.001 %");
  assert.equal(percent(0.001), "0.1 %");
  assert.equal(change(-0.0002), "−0.02 %");
  for (let n = 1; n < 1e9; n *= 3) assert.notEqual(Number.parseFloat(percent(1 / n)), 0, String(n));
});

test("a path is shown as it was written, and one that cannot be read so as it was sent", () => {
  assert.equal(pathInWords("/%C3%BCber/a%20b"), "/über/a b");
  assert.equal(pathInWords("/a%2Fb"), "/a%2Fb", "a slash that is none of the path's own");
  assert.equal(pathInWords("/%ff%"), "/%ff%");
  assert.equal(pathInWords("/%E2%80%AEgpj.exe"), "/\ufffdgpj.exe");
});

test("a long name is cut between letters", () => {
  assert.equal(shortened("n".repeat(80)), "n".repeat(80));
  assert.equal(shortened("🎉".repeat(81)), `${"🎉".repeat(79)}…`);
});

test("a time is said in the unit that a person would choose", () => {
  assert.deepEqual([0, 34, 999, 1250, 60_000, 300_000].map(duration), [
    "0 ms",
    "34 ms",
    "999 ms",
    "1.3 s",
    "60.0 s",
    "5 min",
  ]);
});

test("an amount is written in its currency, and one that is no currency is kept beside it", () => {
  assert.equal(amount(22, "EUR"), "€22.00");
  assert.equal(amount(1.246, null), "1.25");
  assert.equal(amount(3, "points"), "3.00 points");
  assert.doesNotThrow(() => amount(3, "ZZZ"));
  assert.equal(amount(3, ""), "3.00");
  assert.deepEqual([amount(-49.5, "EUR"), amount(-0.5, null)], ["−€49.50", "−0.50"]);
});

test("an amount that is more than nothing never reads as nothing", () => {
  assert.deepEqual([amount(0.0004, "USD"), amount(-0.0012, null)], ["$0.0004", "−0.001"]);
  assert.deepEqual([amount(0, "USD"), amount(0.005, "USD"), amount(12, "JPY")], ["$0.00", "$0.01", "¥12"]);
  assert.equal(amount(0.3, "JPY"), "¥0.3");
});

test("a name of which nothing is to be seen is said to be blank", () => {
  assert.deepEqual(["  ", "", "\u200b\u2060", "\n"].map(nameInWords), Array(4).fill("(blank)"));
  assert.deepEqual([" a ", "🎉", "0"].map(nameInWords), [" a ", "🎉", "0"]);
});

test("signs that turn the letters after them around are shown as what they are", () => {
  assert.equal(asSent("evil\u202egpj.exe"), "evil\ufffdgpj.exe");
  assert.equal(asSent("شراء المنتج"), "شراء المنتج");
});
