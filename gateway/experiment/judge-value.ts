/** What visitors of each variant bring on average, those who bring nothing included. Pure. */
import type { ValueReport } from "../model/admin.ts";
import { describeValue } from "./sentence.ts";
import {
  combineDifferences,
  type Difference,
  leastExpected,
  meanOf,
  relativeDifference,
  testAlways,
  tuning,
} from "./statistics.ts";

/** The people of one variant: sum and sum of squares of their totals, in units of the goal's value. */
interface Totals {
  readonly exposed: number;
  readonly sum: number;
  readonly sumSquares: number;
}

/**
 * The report on a goal's value; the first arm is the control. An interval is shown once it can be trusted. `phases` has
 * the people of each arm, phase by phase: variants are compared within each, and among all people where it is null.
 */
export const judgeValue = (
  arms: readonly (Totals & { readonly variant: string })[],
  phases: readonly (readonly Totals[])[] | null = null,
): ValueReport => {
  if (arms.length === 0) throw new Error("experiment: a value without variants");
  const alpha = 0.05 / Math.max(1, arms.length - 1);
  const variants = arms.map((arm, i) => {
    const differences = (i === 0 ? [] : (phases ?? [arms])).map((people) =>
      differenceOf(people[0], people[i]),
    );
    const difference = combineDifferences(differences.filter((one) => one !== null));
    return {
      variant: arm.variant,
      mean: arm.exposed > 0 ? arm.sum / arm.exposed : 0,
      lift: difference?.estimate ?? null,
      interval: difference && testAlways(difference, alpha, tuning).interval,
    };
  });
  return { variants, sentence: describeValue(variants.slice(1)) };
};

const differenceOf = (control?: Totals, arm?: Totals): Difference | null =>
  control && arm && control.sum > 0 && hasEnough(control, arm)
    ? relativeDifference(sampleOf(control), sampleOf(arm))
    : null;

const sampleOf = ({ exposed, sum, sumSquares }: Totals) => meanOf(exposed, sum, sumSquares);

// The bar of conversions, for amounts: (Σx)² / Σx² is how many people bring the sum if each brings as much (Kish), so
// that one large order is one person. Of amounts that are 0 or 1 it is those who converted.
const hasEnough = (control: Totals, arm: Totals): boolean => {
  const people = control.exposed + arm.exposed;
  const share = (control.sum + arm.sum) ** 2 / ((control.sumSquares + arm.sumSquares) * people);
  return Math.min(control.exposed, arm.exposed) * Math.min(share, 1 - share) >= leastExpected;
};
