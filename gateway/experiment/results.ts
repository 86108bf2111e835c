/** Who is winning: an experiment's totals turned into lifts, intervals and one sentence a goal. Pure. */
import type { ExperimentReport, GoalReport, VariantResult } from "../model/admin.ts";
import type { Experiment } from "../model/experiment.ts";
import { judgeValue } from "./judge-value.ts";
import { afterTheEnd, describeGoal } from "./sentence.ts";
import {
  absoluteDifference,
  combineDifferences,
  type Difference,
  leastExpected,
  peopleNeeded,
  proportion,
  relativeDifference,
  sampleRatio,
  testAlways,
  tuning,
} from "./statistics.ts";

/** A row of `experiment_outcomes`: the people of one variant and what they did for one goal. */
export interface Outcome {
  readonly variant: string;
  readonly goal: string;
  readonly exposed: number;
  readonly converted: number;
  /** sum and sum of squares of people's totals, in units of the goal's value */
  readonly sum: number;
  readonly sumSquares: number;
}

/** One variant's part in one goal; `weight` is its share of the visitors relative to the others. */
export interface Arm extends Omit<Outcome, "goal"> {
  readonly weight: number;
}

/** People who came after the day on which the weights last changed: those before were shared out in another way. */
export interface Split {
  readonly since: string;
  readonly people: readonly Pick<Outcome, "variant" | "goal" | "exposed">[];
}

/** What the people did who came between two changes of the weights. */
export type Phase = readonly Outcome[];

/**
 * The report on an experiment. Outcomes that are missing count as nobody; `multiple` saw two variants. The split is
 * judged by all people, or by those of `split` alone. Variants are compared among all people, or within each of the
 * `phases`: where more of one variant came in a good week than in a bad one, all together would say so of the variant.
 */
export const judgeExperiment = (
  experiment: Experiment,
  outcomes: readonly Outcome[],
  multiple: number,
  split: Split | null = null,
  phases: readonly Phase[] | null = null,
): Omit<ExperimentReport, "firstSeen" | "rebuilding"> => {
  const { key, hypothesis, status, goals, variants } = experiment;
  const armsOf = (goal: string): readonly Arm[] =>
    variants.map(({ key: variant, weight }) => {
      const outcome = outcomes.find((row) => row.variant === variant && row.goal === goal);
      return { ...(outcome ?? nobody), variant, weight };
    });
  const first = goals[0]?.key ?? "";
  const came = split?.people ?? outcomes;
  const check = checkSplit(
    armsOf(first).map((arm) => ({
      ...arm,
      exposed: came.find((row) => row.variant === arm.variant && row.goal === first)?.exposed ?? 0,
    })),
    split?.since,
  );
  const phasesOf = (goal: string) =>
    phases?.map((phase) =>
      variants.map(
        ({ key: variant }) => phase.find((row) => row.variant === variant && row.goal === goal) ?? nobody,
      ),
    ) ?? null;
  const reports = goals.map(({ key: goal, value }) => ({
    ...judgeGoal(goal, armsOf(goal), check, phasesOf(goal)),
    value: value === null ? null : judgeValue(armsOf(goal), phasesOf(goal)),
  }));
  const told = status === "stopped" ? reports.map(ended) : reports;
  const since = split?.since ?? null;
  return { key, hypothesis, status, multiple, sampleRatioP: check.p, splitSince: since, goals: told };
};

const ended = (goal: GoalReport): GoalReport => ({
  ...goal,
  sentence: afterTheEnd(goal.sentence),
  value: goal.value && { ...goal.value, sentence: afterTheEnd(goal.value.sentence) },
});

/** Whether people are shared out as the weights say. */
export interface SplitCheck {
  /** P-value of it; null while too few people have come to tell */
  readonly p: number | null;
  /** the people it was judged by, in the order of the variants */
  readonly people: readonly number[];
  /** they came after this day; null where nothing is left out */
  readonly since: string | null;
}

export const checkSplit = (arms: readonly Arm[], since: string | null = null): SplitCheck => {
  const people = arms.map((arm) => arm.exposed);
  const weights = arms.map((arm) => arm.weight);
  return { p: sampleRatio(people, weights), people, since };
};

/** The report on one goal: the first arm is the control. `phases` has the people of each arm, phase by phase. */
export const judgeGoal = (
  goal: string,
  arms: readonly Arm[],
  split: SplitCheck | null,
  phases: readonly (readonly People[])[] | null = null,
): Omit<GoalReport, "value"> => {
  const [control, ...treatments] = arms;
  if (!control) throw new Error(`experiment: goal ${goal} has no variants`);
  // With several treatments the best one is picked afterwards: shared out, the chance of one false alarm
  // among all of them stays at 5 %.
  const alpha = 0.05 / Math.max(1, treatments.length);
  const variants = [
    toResult(control, true, null, null),
    ...treatments.map((arm, i) =>
      phases === null
        ? compareArm(control, arm, alpha)
        : comparePhases(
            arm,
            phases.map((people) => [people[0] ?? nobody, people[i + 1] ?? nobody]),
            alpha,
          ),
    ),
  ];
  const best = findBest(variants);
  const needed = countNeeded(arms, best);
  const brokenSplit = split?.p != null && split.p < 0.001 ? split : null;
  const againstNone = best !== null && beatsNone(control, best, alpha);
  return {
    goal,
    variants,
    sentence: describeGoal({
      goal,
      variants,
      best,
      againstNone,
      needed,
      brokenSplit,
      isPhased: phases !== null,
    }),
  };
};

const nobody = { exposed: 0, converted: 0, sum: 0, sumSquares: 0 };

const liftOf = (variant: VariantResult): number => variant.lift ?? Number.NEGATIVE_INFINITY;

// The treatment with the highest lift; the first while none has one.
const findBest = (variants: readonly VariantResult[]): VariantResult | null => {
  const [first = null, ...others] = variants.filter((variant) => !variant.control);
  return others.reduce((best, one) => (best && isBetter(one, best) ? one : best), first);
};

// Where nobody of the control did it, no lift can be told, and rates can.
const isBetter = (one: VariantResult, best: VariantResult): boolean =>
  liftOf(one) > liftOf(best) || (liftOf(one) === liftOf(best) && one.rate > best.rate);

/** Whether a treatment surely has more than a control of whom nobody did it: as a share of nothing it has no lift. */
const beatsNone = (control: Arm, arm: VariantResult, alpha: number): boolean => {
  if (control.converted > 0 || !hasEnough(control, arm)) return false;
  const none = proportion(control.exposed, 0);
  const difference = absoluteDifference(none, proportion(arm.exposed, arm.converted));
  return difference !== null && testAlways(difference, alpha, tuning).interval[0] > 0;
};

const compareArm = (control: Arm, arm: Arm, alpha: number): VariantResult => {
  if (control.converted === 0 || arm.exposed === 0) return toResult(arm, false, null, null);
  const [a, b] = [control.converted / control.exposed, arm.converted / arm.exposed];
  return toResult(arm, false, (b - a) / a, intervalOf(differenceOf(control, arm), alpha));
};

/** A lift needs a phase in which enough people came to both: phases that have fewer say nothing. */
const comparePhases = (
  arm: Arm,
  phases: readonly (readonly [control: People, arm: People])[],
  alpha: number,
): VariantResult => {
  const differences = phases.map(([a, b]) => differenceOf(a, b)).filter((one) => one !== null);
  const difference = combineDifferences(differences);
  return toResult(arm, false, difference?.estimate ?? null, intervalOf(difference, alpha));
};

const differenceOf = (control: People, arm: People): Difference | null =>
  control.converted > 0 && arm.exposed > 0 && hasEnough(control, arm)
    ? relativeDifference(
        proportion(control.exposed, control.converted),
        proportion(arm.exposed, arm.converted),
      )
    : null;

const intervalOf = (difference: Difference | null, alpha: number): readonly [number, number] | null => {
  if (difference === null) return null;
  const [low, high] = testAlways(difference, alpha, tuning).interval;
  return [Math.max(-1, low), high]; // no rate falls by more than all of it
};

// The interval rests on the normal distribution. Looked at after every few visitors without this bar, one
// experiment in five without a difference was declared won or lost where rates are low; with it, one in
// twenty, as promised.
const hasEnough = (control: People, arm: People): boolean => {
  const rate = (control.converted + arm.converted) / (control.exposed + arm.exposed);
  return Math.min(control.exposed, arm.exposed) * Math.min(rate, 1 - rate) >= leastExpected;
};

type People = Pick<Outcome, "exposed" | "converted">;

/** The relative change an experiment should be able to see before we say that there is none. */
const worthSeeing = 0.2;
const unknownRate = 0.05;

const countNeeded = (arms: readonly Arm[], best: VariantResult | null): number => {
  const control = arms[0] ?? { ...nobody, variant: "", weight: 0 };
  const rate = control.converted > 0 ? control.converted / control.exposed : unknownRate;
  const total = arms.reduce((sum, arm) => sum + arm.weight, 0);
  const shareOf = (arm: { weight: number } | undefined) =>
    arm && arm.weight > 0 ? arm.weight / total : 1 / arms.length;
  const other = arms.find((arm) => arm.variant === best?.variant);
  return peopleNeeded(rate, worthSeeing, shareOf(control), shareOf(other));
};

const toResult = (
  { variant, exposed, converted, sum, sumSquares }: Arm,
  control: boolean,
  lift: number | null,
  interval: readonly [number, number] | null,
): VariantResult => {
  const rate = exposed > 0 ? converted / exposed : 0;
  return { variant, control, exposed, converted, rate, sum, sumSquares, lift, interval };
};
