import assert from "node:assert/strict";
import { test } from "node:test";
import {
  absoluteDifference,
  meanOf,
  peopleNeeded,
  proportion,
  relativeDifference,
  sampleRatio,
  sequentialRho,
  testAlways,
  testOnce,
} from "./statistics.ts";

const isNear = (actual: number, expected: number, what: string): void =>
  assert.ok(
    Math.abs(actual - expected) <= 1e-9 * Math.abs(expected),
    `${what}: ${actual} is not ${expected}`,
  );

/** Samples, whether the difference is relative, the tuning (0: one look), and estimate, deviation, p, interval. */
const cases = [
  [
    proportion(10_000, 1000),
    proportion(10_000, 1100),
    "relative",
    0,
    [
      0.09999999999999995, 0.045475268003608287, 0.027889528764600602, 0.010864708144846927,
      0.189135291855153,
    ],
  ],
  [
    proportion(1000, 100),
    proportion(1000, 150),
    "relative",
    0,
    [0.4999999999999999, 0.18165902124584948, 0.0059709156888168025, 0.14373262506495293, 0.8562673749350469],
  ],
  [
    proportion(50, 5),
    proportion(60, 9),
    "relative",
    0,
    [0.4999999999999999, 0.7858116822750855, 0.5259371642461463, -1.0576167853331269, 2.057616785333127],
  ],
  [
    meanOf(200, 1000, 9000),
    meanOf(220, 1300, 11_000),
    "relative",
    0,
    [
      0.18181818181818182, 0.09148591176634055, 0.04756737887385598, 0.0019595885184998385,
      0.3616767751178638,
    ],
  ],
  [
    proportion(5000, 250),
    proportion(5000, 240),
    "relative",
    20_000,
    [-0.040000000000000036, 0.08460354602497462, 1, -0.30088084764723455, 0.22088084764723448],
  ],
  [
    proportion(5000, 250),
    proportion(5000, 240),
    "absolute",
    5000,
    [-0.0020000000000000018, 0.0043173139797795575, 1, -0.01521735839579294, 0.011217358395792937],
  ],
  [
    proportion(100_000, 3000),
    proportion(99_000, 3100),
    "relative",
    20_000,
    [0.04377104377104382, 0.026319033411506074, 1, -0.041530293082471206, 0.12907238062455884],
  ],
  [
    proportion(100_000, 3000),
    proportion(99_000, 3100),
    "absolute",
    5000,
    [0.0013131313131313146, 0.0007729101449238724, 1, -0.0013404529434535867, 0.003966715569716216],
  ],
  [
    meanOf(200, 1000, 9000),
    meanOf(220, 1300, 11_000),
    "absolute",
    5000,
    [0.9090909090909092, 0.4115495547061035, 0.48652895255178685, -0.7502305112746357, 2.568412329456454],
  ],
] as const;

test("differences, p-values and intervals are those GrowthBook computes", () => {
  for (const [control, treatment, kind, tuning, expected] of cases) {
    const compare = kind === "relative" ? relativeDifference : absoluteDifference;
    const difference = compare(control, treatment);
    assert.ok(difference);
    const { p, interval } = tuning === 0 ? testOnce(difference, 0.05) : testAlways(difference, 0.05, tuning);
    const actual = [difference.estimate, Math.sqrt(difference.variance), p, ...interval];
    const fields = ["estimate", "deviation", "p", "low", "high"];
    expected.forEach((value, i) => {
      isNear(actual[i] ?? Number.NaN, value, `${kind} ${tuning} ${fields[i]}`);
    });
  }
});

test("the mixing parameter of the sequential test is GrowthBook's", () => {
  isNear(sequentialRho(0.05, 1000), 0.08908509752892212, "rho");
  isNear(sequentialRho(0.01, 5000), 0.04802861926125968, "rho");
});

test("a p-value under 5 % and an interval without 0 are the same verdict", () => {
  for (let count = 1000; count < 1400; count += 10) {
    const difference = relativeDifference(proportion(10_000, 1000), proportion(10_000, count));
    assert.ok(difference);
    const once = testOnce(difference, 0.05);
    assert.equal(once.p < 0.05, once.interval[0] > 0, `one look at ${count}`);
    const always = testAlways(difference, 0.05, 5000);
    assert.equal(always.p < 0.05, always.interval[0] > 0, `many looks at ${count}`);
    assert.ok(always.interval[0] < once.interval[0], "looking often costs width");
  }
});

test("there is no difference where nothing varies, nobody came or the control did nothing", () => {
  assert.equal(absoluteDifference(proportion(10, 0), proportion(10, 0)), null);
  assert.equal(absoluteDifference(proportion(10, 10), proportion(10, 10)), null);
  assert.equal(relativeDifference(proportion(10, 0), proportion(10, 5)), null);
  assert.equal(relativeDifference(proportion(0, 0), proportion(10, 5)), null);
  assert.equal(absoluteDifference(proportion(10, 5), proportion(0, 0)), null);
  assert.equal(absoluteDifference(meanOf(1, 5, 25), meanOf(10, 5, 25)), null);
});

test("an uneven split shows in the ratio check, an even one does not", () => {
  assert.equal(sampleRatio([1000, 1000], [0.5, 0.5]), 1);
  assert.equal(sampleRatio([8000, 2000], [4, 1]), 1);
  isNear(sampleRatio([333, 333, 334], [1, 1, 1]) ?? 0, 0.999000499833375, "three arms");
  isNear(sampleRatio([1000, 1100], [1, 1]) ?? 0, 0.029096331741252, "two arms");
});

test("the ratio check waits for five expected people in every variant", () => {
  assert.equal(sampleRatio([0, 0], [1, 1]), null);
  assert.equal(sampleRatio([9, 0], [1, 1]), null);
  assert.equal(sampleRatio([1, 1], [99, 1]), null);
  assert.notEqual(sampleRatio([10, 0], [1, 1]), null);
  assert.equal(sampleRatio([10, 0], [1, 0]), null, "a variant without weight has no part in it");
  assert.equal(sampleRatio([1000, 1000, 400], [1, 1, 0]), 1, "nor have those who saw it while it had one");
});

test("the fewer do it, and the more uneven the split, the more people are needed", () => {
  assert.equal(Math.round(peopleNeeded(0.05, 0.2)), 16_315);
  assert.equal(Math.round(peopleNeeded(0.5, 0.2)), 775);
  assert.ok(peopleNeeded(0.05, 0.2, 0.9, 0.1) > 2 * peopleNeeded(0.05, 0.2));
  for (const rate of [1e-4, 0.83, 0.84, 0.999, 1]) {
    const needed = peopleNeeded(rate, 0.2);
    assert.ok(Number.isFinite(needed) && needed > 0, `rate ${rate}: ${needed}`);
  }
});
