import assert from "node:assert/strict";
import { test } from "node:test";
import { chiSquareTail, studentQuantile, studentTails } from "./distributions.ts";

// Expected values were worked out with 30 digits.
const isNear = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual / expected - 1) < 1e-10, `${actual} is not ${expected}`);

test("the tails of Student's t are right from one degree of freedom to millions", () => {
  for (const [t, degrees, tails] of [
    [0.01, 1, 0.993634014470184],
    [1, 1, 0.5],
    [-2.2, 3.7, 0.0981503943905222],
    [12, 10, 2.92140882476999e-7],
    [1.96, 418, 0.0506597634331103],
    [0.5, 20_000, 0.617080578430156],
    [5, 200_000, 5.73786491678428e-7],
    [1.96, 3e7, 0.0499957995393984],
  ] as const) {
    isNear(studentTails(t, degrees), tails);
  }
  assert.equal(studentTails(0, 5), 1);
  assert.equal(studentTails(Number.POSITIVE_INFINITY, 5), 0);
});

test("quantiles of Student's t are right from one degree of freedom to millions", () => {
  for (const [tails, degrees, t] of [
    [0.05, 1, 12.7062047361747],
    [0.05, 4.5, 2.6589123472044],
    [0.01, 57.3, 2.6643894364924],
    [0.05, 19_998, 1.96008261702209],
    [0.0001, 200_000, 3.89067036449026],
    [0.05, 1e9, 1.95996398691233],
  ] as const) {
    isNear(studentQuantile(tails, degrees), t);
  }
});

test("the tail of chi-square is right near nothing and far out", () => {
  for (const [x, degrees, tail] of [
    [0.5, 1, 0.479500122186953],
    [10.83, 1, 0.000998686379180259],
    [3.2, 2, 0.201896517994655],
    [300, 2, 7.17509597316441e-66],
    [5, 5, 0.415880186995508],
    [30, 19, 0.0517984588930239],
  ] as const) {
    isNear(chiSquareTail(x, degrees), tail);
  }
  assert.equal(chiSquareTail(0, 3), 1);
});
