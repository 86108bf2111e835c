import assert from "node:assert/strict";
import { test } from "node:test";
import type { PageLoadsOfDay } from "../model/admin.ts";
import { summarizePageLoads } from "./page-load-sentence.ts";
import { readPageLoads } from "./page-loads.ts";

const day = (both: number, documentOnly: number, viewOnly: number, otherViews = 0): PageLoadsOfDay => ({
  site: "main",
  day: "2025-03-04",
  both,
  documentOnly,
  viewOnly,
  otherViews,
});
const sentenceOf = (rows: readonly PageLoadsOfDay[], days = 7) => summarizePageLoads(rows, days)?.sentence;

test("the sentence gives the share, of what, and what it means", () => {
  assert.equal(
    sentenceOf([day(90, 4, 0), day(20, 6, 0)]),
    "In the last 7 days, 8.3 % of 120 page loads by people (10) were served and never reported by the script: blocked, or left before it ran.",
  );
  assert.equal(
    sentenceOf([day(1065, 136, 1)], 1),
    "Today, 11 % of 1,202 page loads by people (136) were served and never reported by the script: blocked, or left before it ran; 1 was reported without a document on record.",
  );
  assert.equal(
    sentenceOf([day(9_999, 1, 0)]),
    "In the last 7 days, less than 0.1 % of 10,000 page loads by people (1) were served and never reported by the script: blocked, or left before it ran.",
  );
});

test("nothing lost is said as plainly", () => {
  assert.equal(
    sentenceOf([day(12, 0, 0)]),
    "In the last 7 days, the script reported all 12 page loads by people.",
  );
  assert.equal(
    sentenceOf([day(1, 0, 0)]),
    "In the last 7 days, the script reported the one page load by a person.",
  );
  assert.equal(
    sentenceOf([day(12, 0, 2)]),
    "In the last 7 days, the script reported every page load by people that Turnpike served; 2 were reported without a document on record.",
  );
});

test("where no page was served there is nothing to say", () => {
  assert.equal(summarizePageLoads([], 7), null);
  assert.equal(summarizePageLoads([day(0, 0, 5, 100)], 7), null);
});

test("the share counts both sides' losses, and views of no page load are apart", () => {
  assert.equal(summarizePageLoads([day(6, 3, 1, 500)], 7)?.share, 0.4);
});

test("the store is asked for whole days of UTC, and for what is old enough to be missed", async () => {
  const asked: unknown[] = [];
  const store = {
    report: async (...question: readonly unknown[]) => {
      asked.push(question);
      return [];
    },
  };
  const now = Date.UTC(2025, 2, 4, 0, 0, 30);
  await readPageLoads(store, null, { now, days: 7, settleMs: 60_000 });
  const hex = (ms: number) => ms.toString(16).padStart(12, "0");
  assert.deepEqual(asked, [
    [
      "page-loads",
      {
        youngest: hex(now - 60_000),
        midnight: hex(now - 30_000),
        today: "2025-03-04",
        yesterday: "2025-03-03",
        since: "2025-02-26",
      },
    ],
  ]);
});
