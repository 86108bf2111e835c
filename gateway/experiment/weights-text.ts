import type { Experiment } from "../model/experiment.ts";

/** By what an experiment's visitors are shared out, to compare: `1 : 1` is `50 : 50`. */
export const weightsText = (variants: Experiment["variants"]): string => {
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  return JSON.stringify(variants.map(({ key, weight }) => [key, total > 0 ? weight / total : 1]));
};
