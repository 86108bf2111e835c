/**
 * Which variant a visitor gets, by the published GrowthBook algorithm and through GrowthBook's own
 * package, so that every SDK that is given the same experiment and id agrees with us.
 */
import { GrowthBookClient, type Experiment as GrowthBookExperiment } from "@growthbook/growthbook";
import { normalPath, normalWrittenPath } from "../lib/url-path.ts";
import type { Assignment, Experiment } from "../model/experiment.ts";

export type Assigner = (visitorId: string, path: string) => readonly Assignment[];

/** Variants that a visitor has seen and keeps, however visitors are shared out now: experiment → variant. */
export type ShownTo = (visitorId: string) => Readonly<Record<string, string>>;

const shownNothing: Readonly<Record<string, string>> = {};

/**
 * A visitor's variants in the running experiments whose path prefixes cover `path`; a visitor outside an
 * experiment's coverage has none in it. Weights that are all zero count as equal. A variant that was shown stays, unless
 * it is gone or has lost its weight.
 */
export const createAssigner = (
  experiments: readonly Experiment[],
  shownTo: ShownTo = () => shownNothing,
): Assigner => {
  const client = new GrowthBookClient();
  const arms = experiments.filter((experiment) => experiment.status === "running").map(prepare);
  return (visitorId, asked) => {
    const path = normalPath(asked);
    const assignments: Assignment[] = [];
    let shown: ReturnType<ShownTo> | undefined;
    for (const { paths, growthBook, kept } of arms) {
      if (!covers(paths, path)) continue;
      shown ??= shownTo(visitorId);
      const seen = kept.get(shown[growthBook.key] ?? "");
      if (seen) {
        assignments.push(seen);
        continue;
      }
      // No `url` is passed: GrowthBook would let anybody force a variant by the query string.
      const result = client.runInlineExperiment(growthBook, { attributes: { id: visitorId } });
      if (result.inExperiment) assignments.push(result.value);
    }
    return assignments;
  };
};

interface Arm {
  readonly paths: readonly string[];
  readonly growthBook: GrowthBookExperiment<Assignment>;
  /** the variants that who has seen them keeps */
  readonly kept: ReadonlyMap<string, Assignment>;
}

const prepare = (experiment: Experiment): Arm => {
  const [first, second, ...more] = experiment.variants.map(
    (variant): Assignment =>
      Object.freeze({ experiment: experiment.key, variant: variant.key, params: variant.params }),
  );
  if (!first || !second) throw new Error(`experiment: ${experiment.key} has fewer than two variants`);
  const weights = scaleWeights(experiment.variants.map((variant) => variant.weight));
  const open = [first, second, ...more].filter((_, i) => experiment.coverage > 0 && (weights[i] ?? 0) > 0);
  return {
    paths: experiment.paths.map(normalWrittenPath),
    kept: new Map(open.map((assignment) => [assignment.variant, assignment])),
    growthBook: {
      key: experiment.key,
      seed: experiment.key,
      hashVersion: 2,
      coverage: experiment.coverage,
      weights: [...weights],
      variations: [first, second, ...more],
    },
  };
};

/** Weights as shares that sum to 1; equal shares where all are zero. */
export const scaleWeights = (weights: readonly number[]): readonly number[] => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (total > 0 ? weight / total : 1 / weights.length));
};

const covers = (prefixes: readonly string[], path: string): boolean =>
  prefixes.length === 0 || prefixes.some((prefix) => path.startsWith(prefix));
