/** What visitors of each variant bring on average, those who bring nothing included. Pure. */
import type { ValueReport } from "../model/admin.ts";
import { describeValue } from "./sentence.ts";
import { leastExpected, meanOf, relativeDifference, testAlways, tuning } from "./statistics.ts";

/** The people of one variant: sum and sum of squares of their totals, in units of the goal's value. */
interface Totals {
  readonly variant: string;
  readonly exposed: number;
  readonly sum: number;
  readonly sumSquares: number;
}

/** The report on a goal's value; the first arm is the control. An interval is shown once it can be trusted. */
export const judgeValue = (arms: readonly Totals[]): ValueReport => {
  const [control, ...treatments] = arms;
  if (!control) throw new Error("experiment: a value without variants");
  const alpha = 0.05 / Math.max(1, treatments.length);
  const none = { lift: null, interval: null };
  const variants = [
    { variant: control.variant, mean: averageOf(control), ...none },
    ...treatments.map((arm) => ({
      variant: arm.variant,
      mean: averageOf(arm),
      ...(compare(control, arm, alpha) ?? none),
    })),
  ];
  return { variants, sentence: describeValue(variants.slice(1)) };
};

const averageOf = ({ exposed, sum }: Totals): number => (exposed > 0 ? sum / exposed : 0);

const compare = (control: Totals, arm: Totals, alpha: number) => {
  if (control.sum <= 0 || !hasEnough(control, arm)) return null;
  const [a, b] = [control, arm].map(({ exposed, sum, sumSquares }) => meanOf(exposed, sum, sumSquares));
  const difference = a && b ? relativeDifference(a, b) : null;
  if (!difference) return null;
  return { lift: difference.estimate, interval: testAlways(difference, alpha, tuning).interval };
};

// The bar of conversions, for amounts: (Σx)² / Σx² is how many people bring the sum if each brings as much (Kish), so
// that one large order is one person. Of amounts that are 0 or 1 it is those who converted.
const hasEnough = (control: Totals, arm: Totals): boolean => {
  const people = control.exposed + arm.exposed;
  const share = (control.sum + arm.sum) ** 2 / ((control.sumSquares + arm.sumSquares) * people);
  return Math.min(control.exposed, arm.exposed) * Math.min(share, 1 - share) >= leastExpected;
};
