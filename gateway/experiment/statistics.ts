/**
 * The difference between two variants and how sure it is, as GrowthBook publishes and computes it, so
 * that its users see the numbers they know. Numbers in, numbers out.
 */
import { chiSquareTail, studentQuantile, studentTails } from "./distributions.ts";

/** People of one variant: how many, the mean of what each did, and the variance between them. */
export interface Sample {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

/** An estimated difference of two means; `variance` is that of the estimate. */
export interface Difference {
  readonly estimate: number;
  readonly variance: number;
  /** Welch–Satterthwaite degrees of freedom */
  readonly degrees: number;
  /** people of both variants */
  readonly n: number;
}

export interface Verdict {
  readonly p: number;
  readonly interval: readonly [number, number];
}

/** People who did the thing or did not. */
export const proportion = (n: number, count: number): Sample => {
  const mean = count / n;
  return { n, mean, variance: mean * (1 - mean) };
};

/** People's totals, by their sum and the sum of their squares. */
export const meanOf = (n: number, sum: number, sumSquares: number): Sample => ({
  n,
  mean: sum / n,
  variance: (sumSquares - (sum * sum) / n) / (n - 1),
});

/** Visitors at which an always-valid interval is tightest; GrowthBook's default. */
export const tuning = 5000;

/** People who did the thing, and who did not, expected in the smaller variant, from which an interval is shown. */
export const leastExpected = 30;

/** Treatment less control; null with fewer than two people in either, or where nothing varies. */
export const absoluteDifference = (control: Sample, treatment: Sample): Difference | null =>
  toDifference(
    control,
    treatment,
    treatment.mean - control.mean,
    control.variance / control.n + treatment.variance / treatment.n,
  );

/** The same as a share of the control's mean (delta method); null also where that mean is zero. */
export const relativeDifference = (control: Sample, treatment: Sample): Difference | null => {
  const square = control.mean * control.mean;
  if (!(square > 0)) return null;
  return toDifference(
    control,
    treatment,
    (treatment.mean - control.mean) / control.mean,
    treatment.variance / (square * treatment.n) +
      (control.variance * treatment.mean * treatment.mean) / (square * square * control.n),
  );
};

/**
 * One difference out of those of several times, each counting by how precise it is; null of none. People of different
 * times are never compared with each other: what the times have in common is left.
 */
export const combineDifferences = (differences: readonly Difference[]): Difference | null => {
  const [first, ...others] = differences;
  if (!first || others.length === 0) return first ?? null;
  const sumOf = (value: (one: Difference) => number) => differences.reduce((sum, one) => sum + value(one), 0);
  const precision = sumOf(({ variance }) => 1 / variance);
  return {
    estimate: sumOf(({ estimate, variance }) => estimate / variance) / precision,
    variance: 1 / precision,
    degrees: sumOf(({ degrees }) => degrees),
    n: sumOf(({ n }) => n),
  };
};

/** Welch's t test: valid if one looks once, at a time fixed beforehand. */
export const testOnce = ({ estimate, variance, degrees }: Difference, alpha: number): Verdict => {
  const deviation = Math.sqrt(variance);
  const half = studentQuantile(alpha, degrees) * deviation;
  return {
    p: studentTails(estimate / deviation, degrees),
    interval: [estimate - half, estimate + half],
  };
};

/**
 * The asymptotic confidence sequence (Waudby-Smith and others, "Time-uniform central limit theory"):
 * valid however often one looks. `tuning` is the number of people at which it is tightest.
 */
export const testAlways = ({ estimate, variance, n }: Difference, alpha: number, tuning: number): Verdict => {
  const rho = sequentialRho(alpha, tuning);
  const grown = n * rho * rho + 1;
  const spread = variance * n;
  const half = Math.sqrt(spread * 2 * grown * Math.log(Math.sqrt(grown) / alpha)) / n / rho;
  const evidence = (rho * rho * n * n * estimate * estimate) / (2 * grown * spread);
  return {
    p: Math.min(1, Math.sqrt(grown) * Math.exp(-evidence)),
    interval: [estimate - half, estimate + half],
  };
};

/** The mixing parameter that makes the confidence sequence tightest at `tuning` people. */
export const sequentialRho = (alpha: number, tuning: number): number => {
  const log = -2 * Math.log(alpha);
  return Math.sqrt((log + Math.log(log + 1)) / tuning);
};

/**
 * The chance of a split at least this uneven if visitors were shared out by `weights` (chi-square);
 * null while a variant is expected to have fewer than five people, where the test is not to be trusted.
 */
export const sampleRatio = (people: readonly number[], weights: readonly number[]): number | null => {
  // Who saw a variant before it lost its weight is no part of what the others share.
  const weighed = people.map((n, i) => ({ n, weight: weights[i] ?? 0 })).filter(({ weight }) => weight > 0);
  const total = weighed.reduce((sum, { n }) => sum + n, 0);
  const totalWeight = weighed.reduce((sum, { weight }) => sum + weight, 0);
  const arms = weighed.map(({ n, weight }) => ({ n, expected: (total * weight) / totalWeight }));
  if (arms.length < 2 || arms.some((arm) => arm.expected < 5)) return null;
  const chiSquare = arms.reduce((sum, arm) => sum + (arm.n - arm.expected) ** 2 / arm.expected, 0);
  return chiSquareTail(chiSquare, arms.length - 1);
};

/**
 * People needed in both variants together to see a relative change, two-sided at 5 % and with a power of
 * 80 %, of a rate. `share` and `otherShare` are the variants' parts of the traffic.
 */
export const peopleNeeded = (rate: number, change: number, share = 0.5, otherShare = 0.5): number => {
  // A rate that cannot rise by so much can fall by it.
  const changed = rate * (1 + change) < 1 ? rate * (1 + change) : rate * (1 - change);
  const middle = (rate + changed) / 2;
  const root =
    z975 * Math.sqrt(2 * middle * (1 - middle)) +
    z80 * Math.sqrt(rate * (1 - rate) + changed * (1 - changed));
  const each = (root / (changed - rate)) ** 2;
  return (each / 2) * (1 / share + 1 / otherShare);
};

// Quantiles of the normal distribution, for 97.5 % and 80 %.
const z975 = 1.959963984540054;
const z80 = 0.8416212335729143;

const toDifference = (
  control: Sample,
  treatment: Sample,
  estimate: number,
  variance: number,
): Difference | null => {
  if (control.n < 2 || treatment.n < 2 || !(variance > 0)) return null;
  const a = control.variance / control.n;
  const b = treatment.variance / treatment.n;
  const degrees = (a + b) ** 2 / (a ** 2 / (control.n - 1) + b ** 2 / (treatment.n - 1));
  return { estimate, variance, degrees, n: control.n + treatment.n };
};
