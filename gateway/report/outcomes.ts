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
  (await store.report("outcomes", {})).map(outcomeOf);

const outcomeOf = (row: Readonly<Record<string, unknown>>): Outcome => ({
  experiment: String(row["experiment"]),
  variant: String(row["variant"]),
  goal: String(row["goal"]),
  exposed: Number(row["exposed"]),
  converted: Number(row["converted"]),
  sum: Number(row["value_sum"]),
  sumSquares: Number(row["value_sum_squares"]),
});

/** Who first saw a variant after the day on which an experiment's weights last changed. */
export interface Split {
  /** YYYY-MM-DD, UTC */
  readonly since: string;
  readonly people: readonly Pick<Outcome, "variant" | "goal" | "exposed">[];
}

/** By experiment; those whose weights never changed are not there. */
export const readSplits = async (store: Pick<EventStore, "report">): Promise<ReadonlyMap<string, Split>> => {
  const rows = Map.groupBy(await store.report("split", {}), (row) => String(row["experiment"]));
  return new Map(
    [...rows].map(([experiment, people]) => [
      experiment,
      {
        since: String(people[0]?.["since"]),
        people: people.map((row) => ({
          variant: String(row["variant"]),
          goal: String(row["goal"]),
          exposed: Number(row["exposed"]),
        })),
      },
    ]),
  );
};

/** By experiment: the times between two changes of its weights; those whose weights never changed are not there. */
export const readPhases = async (
  store: Pick<EventStore, "report">,
): Promise<ReadonlyMap<string, readonly (readonly Outcome[])[]>> => {
  const rows = Map.groupBy(await store.report("phases", {}), (row) => String(row["experiment"]));
  return new Map(
    [...rows].map(([experiment, theirs]) => [
      experiment,
      [...Map.groupBy(theirs, (row) => Number(row["phase"])).values()].map((phase) => phase.map(outcomeOf)),
    ]),
  );
};

/** The day (UTC) of its first people, by experiment; those that nobody has seen are not there. */
export const readFirstSeen = async (
  store: Pick<EventStore, "report">,
): Promise<ReadonlyMap<string, string>> =>
  new Map(
    (await store.report("first-seen", {})).map((row) => [String(row["experiment"]), String(row["day"])]),
  );

/** People who saw more than one variant, by experiment. */
export const readMultiple = async (store: Pick<EventStore, "report">): Promise<ReadonlyMap<string, number>> =>
  new Map(
    (await store.report("multiple", {})).map((row) => [String(row["experiment"]), Number(row["people"])]),
  );
