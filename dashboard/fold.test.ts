import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExperimentReport } from "../gateway/model/admin.ts";
import { brief, inOrder, openAtFirst, when } from "./fold.ts";

const goal = { goal: "purchase", variants: [], sentence: "b is ahead", value: null };

const report = (key: string, status: string, firstSeen: string | null): ExperimentReport => ({
  key,
  hypothesis: "",
  status,
  multiple: 0,
  sampleRatioP: null,
  firstSeen,
  splitSince: null,
  rebuilding: null,
  goals: [goal],
});

const keys = (reports: readonly ExperimentReport[]): string => reports.map(({ key }) => key).join(" ");

test("running experiments come first, the newest of them on top, and stopped ones stand apart", () => {
  const { now, before } = inOrder([
    report("old", "stopped", "2025-01-01"),
    report("later", "stopped", "2025-02-01"),
    report("plan", "draft", null),
    report("unseen", "running", null),
    report("first", "running", "2025-03-01"),
    report("second", "running", "2025-03-02"),
  ]);
  assert.equal(keys(now), "second first unseen plan");
  assert.equal(keys(before), "later old");
});

test("one stopped experiment needs no fold of its own", () => {
  const { now, before } = inOrder([report("a", "stopped", "2025-01-01"), report("b", "running", null)]);
  assert.equal(keys(now), "b a");
  assert.deepEqual(before, []);
});

test("the three newest that people see are shown whole, or the only one, whatever it is", () => {
  const running = ["01", "02", "03", "04"].map((day) => report(`r${day}`, "running", `2025-03-${day}`));
  const others = [report("unseen", "running", null), report("gone", "stopped", "2025-04-01")];
  assert.deepEqual([...openAtFirst([...others, ...running])], ["r04", "r03", "r02"]);
  assert.deepEqual([...openAtFirst(others)], []);
  for (const only of others) assert.deepEqual([...openAtFirst([only])], [only.key]);
});

test("a folded one says what is known, or why nothing is", () => {
  const texts = (one: ExperimentReport) => [when(one), brief(one)];
  assert.deepEqual(texts(report("a", "running", "2025-03-01")), ["since 2025-03-01", "b is ahead"]);
  assert.deepEqual(texts(report("a", "running", null)), ["nobody has seen it yet", ""]);
  assert.deepEqual(texts(report("a", "draft", null)), ["not started yet", ""]);
  assert.deepEqual(texts(report("a", "stopped", null)), ["nobody saw it", ""]);
  const rebuilding = "being worked out again (40 % done)";
  assert.equal(brief({ ...report("a", "running", "2025-03-01"), rebuilding }), rebuilding);
});
