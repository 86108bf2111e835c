import assert from "node:assert/strict";
import { test } from "node:test";
import { makeExperiment } from "./fake-experiment.ts";
import { judgeValue } from "./judge-value.ts";
import { judgeExperiment } from "./results.ts";

const arm = (variant: string, exposed: number, sum: number, sumSquares: number) => ({
  variant,
  exposed,
  sum,
  sumSquares,
});

test("a value per visitor has its lift and an interval as worked out apart from GrowthBook's formulas", () => {
  for (const [control, b, expected] of [
    [
      arm("control", 200, 1000, 9000),
      arm("b", 220, 1300, 11_000),
      [0.18181818181818188, -0.18704270338911239, 0.5506790670254762],
    ],
    [
      arm("control", 20_000, 40_000, 900_000),
      arm("b", 20_000, 48_000, 1_100_000),
      [0.19999999999999996, 0.08182193793551726, 0.3181780620644826],
    ],
  ] as const) {
    const told = judgeValue([control, b]).variants[1];
    assert.equal(told?.mean, b.sum / b.exposed);
    for (const [i, value] of [told?.lift, ...(told?.interval ?? [])].entries()) {
      assert.ok(Math.abs((value ?? 0) - (expected[i] ?? 1)) < 1e-9, `${value} for ${expected[i]}`);
    }
    assert.equal(told?.interval?.length, 2);
  }
});

test("the sentence on a value says what the amounts allow, and no more", () => {
  const control = arm("control", 20_000, 40_000, 900_000);
  for (const [one, other, text] of [
    [
      control,
      arm("b", 20_000, 48_000, 1_100_000),
      /^value per visitor: b brings more, \+20 %, surely between \+/,
    ],
    [
      control,
      arm("b", 20_000, 30_000, 600_000),
      /^value per visitor: b brings less, −25 %, surely between −/,
    ],
    [control, arm("b", 20_000, 40_500, 910_000), /^value per visitor: no difference seen yet, b between −/],
    // One order outweighs all others.
    [control, arm("b", 20_000, 1_040_000, 1e12), /too early to say$/],
    // 100,000 visitors and 3.
    [arm("control", 100_000, 200_000, 4e6), arm("b", 3, 60, 1200), /too early to say$/],
    // Refunds took all of it; everybody brings the same; nobody has come.
    [arm("control", 20_000, -50, 900_000), arm("b", 20_000, 48_000, 1_100_000), /too early to say$/],
    [arm("control", 5000, 50_000, 500_000), arm("b", 5000, 50_000, 500_000), /too early to say$/],
    [arm("control", 0, 0, 0), arm("b", 0, 0, 0), /too early to say$/],
  ] as const) {
    assert.match(judgeValue([one, other]).sentence, text);
  }
});

test("with more variants the best is spoken of, and each interval is wider", () => {
  const control = arm("control", 20_000, 40_000, 900_000);
  const b = arm("b", 20_000, 42_000, 950_000);
  const c = arm("c", 20_000, 60_000, 1_500_000);
  const among = judgeValue([control, b, c]);
  assert.match(among.sentence, /: c brings more, \+50 %/);
  const [alone] = judgeValue([control, b]).variants.slice(1);
  assert.ok((among.variants[1]?.interval?.[0] ?? 0) < (alone?.interval?.[0] ?? -9));
});

test("only a goal with a value is judged by it, within the phases of one weight", () => {
  const goal = { key: "purchase", event: "purchase", windowHours: 72 };
  const rowsOf = (b: number) =>
    ["control", "b"].map((key, i) => ({
      ...arm(key, 20_000, 40_000 + i * b, 900_000),
      goal: "purchase",
      converted: 900,
    }));
  const judge = (value: string | null, phases: readonly (typeof outcomes)[] | null) =>
    judgeExperiment(makeExperiment({ goals: [{ ...goal, value }] }), outcomes, 0, null, phases).goals[0]
      ?.value;
  const outcomes = rowsOf(0);
  assert.equal(judge(null, null), null);
  assert.equal(judge(null, [outcomes]), null);
  assert.match(judge("value", null)?.sentence ?? "", /no difference seen yet/);
  assert.match(judge("value", [])?.sentence ?? "", /too early to say$/);
  assert.match(judge("value", [rowsOf(8000)])?.sentence ?? "", /b brings more, \+20 %/);
});

test("amounts of people who came under different weights are not compared with each other", () => {
  // A week of large orders at 1 : 1, then one of small ones at 9 : 1, and no difference between the variants in either.
  const good = [arm("control", 10_000, 100_000, 2_400_000), arm("b", 10_000, 100_000, 2_400_000)];
  const bad = [arm("control", 18_000, 18_000, 40_000), arm("b", 2000, 2000, 4444)];
  const all = [arm("control", 28_000, 118_000, 2_440_000), arm("b", 12_000, 102_000, 2_404_444)];
  assert.match(judgeValue(all).sentence, /b brings more, \+102 %/);
  const { sentence, variants } = judgeValue(all, [good, bad]);
  assert.match(sentence, /no difference seen yet/);
  assert.deepEqual([variants[0]?.mean, variants[1]?.mean], [118_000 / 28_000, 8.5]);
  assert.ok(Math.abs(variants[1]?.lift ?? 1) < 1e-9);
  // Each phase counts by its precision; the interval as worked out apart.
  const better = [arm("control", 5000, 10_000, 200_000), arm("b", 5000, 12_000, 260_000)];
  const [, told] = judgeValue(all, [good, better]).variants;
  const expected = [0.010801447127837703, -0.04088014153564495, 0.062483035791320356];
  for (const [i, value] of [told?.lift, ...(told?.interval ?? [])].entries())
    assert.ok(Math.abs((value ?? 9) - (expected[i] ?? 0)) < 1e-9, `${value} for ${expected[i]}`);
  // A phase in which few brought anything says nothing.
  const few = [arm("control", 10_000, 9, 81), arm("b", 10_000, 900, 90_000)];
  assert.deepEqual(judgeValue(all, [good, few]).variants, judgeValue(all, [good]).variants);
});

test("looked at after every few visitors, amounts that do not differ are rarely said to", () => {
  let x = 20_260_131;
  const random = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return ((x >>> 0) + 0.5) / 2 ** 32;
  };
  let alarms = 0;
  for (let run = 0; run < 200; run++) {
    const arms = ["control", "b"].map((variant) => ({ variant, exposed: 0, sum: 0, sumSquares: 0 }));
    for (let visitor = 1; visitor <= 8000; visitor++) {
      const side = arms[random() < 0.5 ? 0 : 1];
      const value = random() < 0.05 ? Math.log(random()) ** 2 : 0; // most small, a few large
      if (!side) continue;
      side.exposed++;
      side.sum += value;
      side.sumSquares += value * value;
      if (visitor % 100 === 0 && /brings/.test(judgeValue(arms).sentence)) {
        alarms++;
        break;
      }
    }
  }
  assert.ok(alarms <= 16, `${alarms} of 200`);
});
