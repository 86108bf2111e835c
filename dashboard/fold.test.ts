import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExperimentReport, GoalReport } from "../gateway/model/admin.ts";
import { brief, decided, inOrder, inParts, openAtFirst, when } from "./fold.ts";

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

test("of many goals two are shown, of three all", () => {
  const parts = (n: number) => {
    const { first, others } = inParts(Array.from({ length: n }, () => goal));
    return [first.length, others.length];
  };
  assert.deepEqual([1, 3, 4, 50].map(parts), [
    [1, 0],
    [3, 0],
    [2, 2],
    [2, 48],
  ]);
});

test("a folded goal that is decided is told all the same", () => {
  const withInterval = (sentence: string, interval: [number, number] | null): GoalReport => {
    const figures = { control: false, exposed: 1, converted: 1, rate: 1, sum: 1, sumSquares: 1, lift: 0 };
    return { ...goal, sentence, variants: [{ variant: "b", ...figures, interval }] };
  };
  const goals = [
    withInterval("open", [-0.1, 0.2]),
    withInterval("b is behind on refunds", [-0.4, -0.1]),
    withInterval("too early", null),
    withInterval("b is ahead on signups", [0.1, 0.2]),
  ];
  assert.equal(decided(goals), "b is behind on refunds; b is ahead on signups");
  assert.equal(decided([]), "");
});
