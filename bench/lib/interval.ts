import { median } from "./options.ts";

const resamples = 2000;

/**
 * Between which bounds the difference of two medians, `b` less `a`, lies with 95 % confidence, by how it varies among
 * samples drawn from the samples (the percentile bootstrap, Efron 1979). One that holds 0 is no more than noise.
 */
export const differenceOf = (
  a: readonly number[],
  b: readonly number[],
): readonly [low: number, high: number] => {
  const differences = Array.from({ length: resamples }, () => median(drawn(b)) - median(drawn(a)));
  const sorted = differences.sort((x, y) => x - y);
  const at = (share: number) => sorted[Math.round((resamples - 1) * share)] ?? Number.NaN;
  return [at(0.025), at(0.975)];
};

const drawn = (values: readonly number[]): number[] =>
  values.map(() => values[Math.floor(Math.random() * values.length)] ?? Number.NaN);
