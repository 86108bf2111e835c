import assert from "node:assert/strict";
import { test } from "node:test";
import { makeExperiment } from "./fake-experiment.ts";
import { type Arm, checkSplit, judgeExperiment, judgeGoal } from "./results.ts";

const arm = (variant: string, exposed: number, converted: number, weight = 1): Arm => ({
  variant,
  weight,
  exposed,
  converted,
  sum: converted * 10,
  sumSquares: converted * 100,
});

const sentence = (...arms: Arm[]): string => judgeGoal("purchase", arms, checkSplit(arms)).sentence;

test("the sentence says what the numbers allow, and no more", () => {
  for (const [arms, text] of [
    [[arm("control", 0, 0), arm("b", 0, 0)], "too early to say: 0 of about 16,000 visitors"],
    [[arm("control", 7, 0), arm("b", 7, 1)], "too early to say: 14 of about 16,000 visitors"],
    [[arm("control", 7, 3), arm("b", 7, 4)], "too early to say: 14 of about 1,100 visitors"],
    [[arm("control", 5, 5), arm("b", 5, 0)], "too early to say: 10 of about 68 visitors"],
    [
      [arm("control", 10_000, 1000), arm("b", 10_000, 1300)],
      "b is ahead on purchase: +30 %, surely between +14 % and +46 %",
    ],
    [
      [arm("control", 1000, 300), arm("b", 1000, 200)],
      "b is behind on purchase: −33 %, surely between −50 % and −17 %",
    ],
    [
      [arm("control", 10_000, 1000), arm("b", 10_000, 1013)],
      "no difference seen yet on purchase: between −12 % and +15 %",
    ],
    [
      [arm("control", 500_000, 50_000), arm("b", 500_000, 50_100)],
      "no difference seen yet on purchase: between −2 % and +2.4 %",
    ],
    [[arm("control", 0, 0, 0), arm("b", 20_000, 900)], "too early to say: nobody has seen control yet"],
    [[arm("control", 20_000, 1000), arm("b", 0, 0, 0)], "too early to say: nobody has seen b yet"],
    [
      [arm("control", 10_000, 0), arm("b", 10_000, 3)],
      "too early to say: only 3 of 20,000 visitors reached purchase",
    ],
    [
      [arm("control", 1000, 0), arm("b", 1000, 300)],
      "b is ahead on purchase: 300 of 1,000 visitors, and nobody of the baseline",
    ],
    [
      [arm("control", 10_000, 0), arm("b", 10_000, 40), arm("c", 10_000, 200)],
      "c is ahead on purchase: 200 of 10,000 visitors, and nobody of the baseline",
    ],
    [
      [arm("control", 10_000, 0), arm("c", 10_000, 200), arm("b", 10_000, 40)],
      "c is ahead on purchase: 200 of 10,000 visitors, and nobody of the baseline",
    ],
    [
      [arm("control", 5_000_000, 2_500_000), arm("b", 5_000_000, 2_500_000)],
      "no difference seen yet on purchase: between −0.25 % and +0.25 %",
    ],
    [[arm("control", 10, 9), arm("b", 10, 9)], "too early to say: 20 of about 150 visitors"],
    [[arm("control", 7, 3, 0.25), arm("b", 7, 4, 0.75)], "too early to say: 14 of about 1,400 visitors"],
    [[arm("control", 7, 3, 1), arm("b", 7, 4, 3)], "too early to say: 14 of about 1,400 visitors"],
    [[arm("control", 100, 100), arm("b", 100, 100)], "too early to say: all 200 visitors reached purchase"],
    [
      [arm("control", 100, 99), arm("b", 100, 98)],
      "too early to say: all but 3 of 200 visitors reached purchase",
    ],
  ] as const) {
    assert.equal(sentence(...arms), text);
  }
});

test("with more variants the sentence speaks of the best against control", () => {
  const control = arm("control", 10_000, 1000);
  assert.match(
    sentence(control, arm("b", 10_000, 1150), arm("c", 10_000, 1400)),
    /^c is ahead on purchase: \+40 %/,
  );
  assert.match(
    sentence(control, arm("b", 10_000, 1010), arm("c", 10_000, 900)),
    /^no difference seen yet on purchase: b between −/,
  );
  assert.match(
    sentence(control, arm("b", 10_000, 500), arm("c", 10_000, 600)),
    /^c is behind on purchase: −40 %/,
  );
});

test("more variants make each interval wider, so that one false alarm among all stays as rare", () => {
  const control = arm("control", 10_000, 1000);
  const b = arm("b", 10_000, 1200);
  const [, alone] = judgeGoal("g", [control, b], null).variants;
  const [, among] = judgeGoal("g", [control, b, arm("c", 10_000, 1000)], null).variants;
  assert.ok(alone?.interval && among?.interval);
  assert.ok(among.interval[0] < alone.interval[0] && among.interval[1] > alone.interval[1]);
});

test("a split that is off comes first in the sentence", () => {
  const arms = [arm("control", 10_000, 1000), arm("b", 9000, 1200)];
  assert.match(
    sentence(...arms),
    /^warning: visitors are not split as set \(10,000 : 9,000\), .*; b is ahead on purchase: \+33 %/,
  );
  const asSet = [arm("control", 10_000, 1000, 10), arm("b", 9000, 1200, 9)];
  assert.match(sentence(...asSet), /^b is ahead/);
});

test("results carry rates and sums; lift and interval only where there is something to compare", () => {
  const { variants } = judgeGoal("purchase", [arm("control", 1000, 100), arm("b", 1000, 120)], null);
  const [control, b] = variants;
  assert.deepEqual(control, {
    variant: "control",
    control: true,
    exposed: 1000,
    converted: 100,
    rate: 0.1,
    sum: 1000,
    sumSquares: 10_000,
    lift: null,
    interval: null,
  });
  assert.ok(b?.interval && b.lift !== null);
  assert.ok(Math.abs(b.lift - 0.2) < 1e-12);
  assert.ok(b.interval[0] < 0.2 && b.interval[1] > 0.2);
  const few = judgeGoal("purchase", [arm("control", 10, 0), arm("b", 10, 2)], null).variants[1];
  assert.deepEqual([few?.lift, few?.interval, few?.rate], [null, null, 0.2]);
  const one = judgeGoal("purchase", [arm("control", 1, 1), arm("b", 1, 0)], null).variants;
  assert.deepEqual(
    one.map(({ rate }) => rate),
    [1, 0],
  );
  const rare = judgeGoal("purchase", [arm("control", 10_000, 1000), arm("b", 25, 25)], null).variants[1];
  assert.deepEqual([rare?.lift, rare?.interval], [9, null]);
  const none = judgeGoal("purchase", [arm("control", 100, 50), arm("b", 0, 0)], null).variants[1];
  assert.deepEqual([none?.lift, none?.interval, none?.rate], [null, null, 0]);
});

test("an interval goes no lower than losing everything", () => {
  const arms = [
    arm("control", 300, 36),
    arm("b", 300, 25),
    ...["c", "d", "e"].map((key) => arm(key, 300, 30)),
  ];
  const [, b] = judgeGoal("purchase", arms, null).variants;
  assert.equal(b?.interval?.[0], -1);
});

test("the report names every goal and variant, also those without outcomes", () => {
  const experiment = makeExperiment({
    hypothesis: "it sells",
    goals: ["purchase", "signup"].map((key) => ({ key, event: key, value: null, windowHours: 72 })),
  });
  const row = { goal: "purchase", converted: 5, sum: 0, sumSquares: 0 };
  const outcomes = [
    { ...row, variant: "b", exposed: 40 },
    { ...row, variant: "control", exposed: 50 },
    { ...row, variant: "removed", exposed: 9 },
  ];
  const report = judgeExperiment(experiment, outcomes, 3);
  assert.deepEqual(
    report.goals.map(({ goal, variants }) => [goal, variants.map((v) => [v.variant, v.exposed])]),
    [
      [
        "purchase",
        [
          ["control", 50],
          ["b", 40],
        ],
      ],
      [
        "signup",
        [
          ["control", 0],
          ["b", 0],
        ],
      ],
    ],
  );
  assert.equal(report.multiple, 3);
  assert.equal(report.hypothesis, "it sells");
  assert.ok(report.sampleRatioP !== null && report.sampleRatioP > 0.2);
  assert.equal(judgeExperiment(experiment, [], 0).sampleRatioP, null);
});

test("an experiment that was stopped does not say that it will know more", () => {
  const goals = [{ key: "purchase", event: "purchase", value: "revenue", windowHours: 72 }] as const;
  const sentences = (status: "running" | "stopped") => {
    const [goal] = judgeExperiment(makeExperiment({ status, goals }), [], 0).goals;
    return [goal?.sentence, goal?.value?.sentence];
  };
  assert.deepEqual(sentences("running"), [
    "too early to say: 0 of about 16,000 visitors",
    "value per visitor: too early to say",
  ]);
  assert.deepEqual(sentences("stopped"), [
    "stopped too early to say: 0 of about 16,000 visitors",
    "value per visitor: stopped too early to say",
  ]);
});

test("looked at after every few visitors, an experiment without a difference is rarely won or lost", () => {
  const random = seeded(20_260_131);
  for (const rate of [0.02, 0.4]) {
    let alarms = 0;
    for (let run = 0; run < 200; run++) if (raisesAlarm(rate, random)) alarms++;
    assert.ok(alarms <= 16, `${alarms} of 200 at a rate of ${rate}`);
  }
});

const raisesAlarm = (rate: number, random: () => number): boolean => {
  const exposed = [0, 0];
  const converted = [0, 0];
  for (let visitor = 1; visitor <= 8000; visitor++) {
    const side = random() < 0.5 ? 0 : 1;
    exposed[side] = (exposed[side] ?? 0) + 1;
    if (random() < rate) converted[side] = (converted[side] ?? 0) + 1;
    if (visitor % 100 !== 0) continue;
    const arms = ["control", "b"].map((key, i) => arm(key, exposed[i] ?? 0, converted[i] ?? 0));
    if (/ahead|behind/.test(judgeGoal("g", arms, null).sentence)) return true;
  }
  return false;
};

/** Marsaglia's xorshift: the same numbers in every run. */
const seeded = (seed: number) => {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
};

test("people who came under different weights are not compared with each other", () => {
  // A good week at 1 : 1, then a bad one at 9 : 1, and no difference between the variants in either.
  const phases = [
    [arm("control", 5000, 500), arm("b", 5000, 500)],
    [arm("control", 9000, 180), arm("b", 1000, 20)],
  ];
  const all = [arm("control", 14_000, 680, 9), arm("b", 6000, 520, 1)];
  assert.match(judgeGoal("purchase", all, null).sentence, /^b is ahead on purchase: \+78 %/);
  const { sentence: text, variants } = judgeGoal("purchase", all, null, phases);
  assert.equal(text, "too early to say: 20,000 of about 47,000 visitors");
  assert.ok(Math.abs(variants[1]?.lift ?? 1) < 1e-9);
  assert.deepEqual([variants[1]?.exposed, variants[1]?.converted], [6000, 520]);
});

test("a phase in which few came says nothing, and one that is clear is believed", () => {
  const all = [arm("control", 10_010, 1001), arm("b", 10_010, 1310)];
  const clear = [arm("control", 10_000, 1000), arm("b", 10_000, 1300)];
  const few = [arm("control", 10, 1), arm("b", 10, 10)];
  const alone = judgeGoal("purchase", clear, null).sentence;
  assert.equal(judgeGoal("purchase", all, null, [clear, few]).sentence, alone);
  assert.equal(judgeGoal("purchase", all, null, [few, clear]).sentence, alone);
  const [, none] = judgeGoal("purchase", all, null, []).variants;
  assert.deepEqual([none?.lift, none?.interval], [null, null]);
  assert.equal(
    judgeGoal("purchase", all, null, [few]).sentence,
    "too early to say: too few visitors came under the same weights",
  );
});
