/**
 * Which variants visitors saw before they were shared out as they are now. They keep them: who is shown another one counts
 * for neither, and those who come back are not like those who do not.
 */
import type { ShownTo } from "./experiment/assign.ts";
import { weightsText } from "./experiment/weights-text.ts";
import { createCache } from "./lib/cache.ts";
import type { Row } from "./model/event-store.ts";
import type { Experiment } from "./model/experiment.ts";
import type { Json } from "./model/json.ts";

/** Asks the store at once; throws while nobody holds the data folder. */
export type ReadNow = (report: string, parameters: Readonly<Record<string, Json>>) => readonly Row[];

const nothing: Readonly<Record<string, string>> = {};

/** Asks only about experiments whose weights or variants have changed since they began: there are few. */
export const createShownVariants = (
  site: string,
  experiments: readonly Experiment[],
  read: ReadNow | undefined,
): ShownTo => {
  const changed = read ? changedOf(experiments, read) : new Set();
  if (!read || changed.size === 0) return () => nothing;
  const known = createCache<string, Readonly<Record<string, string>>>(20_000);
  return (visitor) => {
    const before = known.get(visitor);
    if (before) return before;
    try {
      const rows = read("shown-variants", { site, visitor });
      const theirs = rows.filter((row) => changed.has(String(row["experiment"])));
      const shown = Object.fromEntries(theirs.map((row) => [row["experiment"], row["variant"]]));
      known.set(visitor, shown);
      return shown;
    } catch {
      return nothing; // a page does not wait for the folder to change hands
    }
  };
};

const changedOf = (experiments: readonly Experiment[], read: ReadNow): ReadonlySet<string> => {
  const rows = new Map(read("weights", {}).map((row) => [row["experiment"], row]));
  const changed = experiments.filter(({ key, variants }) => {
    const row = rows.get(key);
    // The writer's thread hears of new settings at the same time: what it has written may be the earlier ones still.
    return row !== undefined && (Number(row["since"]) > 0 || row["weights"] !== weightsText(variants));
  });
  return new Set(changed.map(({ key }) => key));
};
