import type { EventStore } from "../model/event-store.ts";

/** One row of `experiment_outcomes`. */
export interface Outcome {
  readonly experiment: string;
  readonly variant: string;
  readonly goal: string;
  readonly exposed: number;
  readonly converted: number;
  readonly sum: number;
  readonly sumSquares: number;
}

export const readOutcomes = async (store: Pick<EventStore, "report">): Promise<readonly Outcome[]> =>
  (await store.report("outcomes", {})).map((row) => ({
    experiment: String(row["experiment"]),
    variant: String(row["variant"]),
    goal: String(row["goal"]),
    exposed: Number(row["exposed"]),
    converted: Number(row["converted"]),
    sum: Number(row["value_sum"]),
    sumSquares: Number(row["value_sum_squares"]),
  }));

/** People who saw more than one variant, by experiment. */
export const readMultiple = async (store: Pick<EventStore, "report">): Promise<ReadonlyMap<string, number>> =>
  new Map(
    (await store.report("multiple", {})).map((row) => [String(row["experiment"]), Number(row["people"])]),
  );
