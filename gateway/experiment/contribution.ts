import type { Experiment } from "../model/experiment.ts";
import type { Subject, TotalsChange } from "../model/projection.ts";
import { noTotal, type Standing } from "./standing.ts";

/** What one person adds to the results of one goal; all zero for people who saw two variants. */
export type Contribution = Omit<TotalsChange, "experiment">;

/** What a person adds to the results, a row for each goal; none before the first exposure. */
export const contribution = (
  experiment: Experiment,
  { subject, totals }: Standing,
): readonly Contribution[] => {
  if (!subject) return [];
  const day = exposureDay(subject);
  return experiment.goals.map(({ key: goal }) => {
    const place = { variant: subject.variant, goal, day };
    if (subject.multi) return { ...place, exposed: 0, converted: 0, sumMicros: 0n, squares: 0n };
    const { n, sumMicros } = totals.get(goal) ?? noTotal;
    return { ...place, exposed: 1, converted: n > 0 ? 1 : 0, sumMicros, squares: sumMicros * sumMicros };
  });
};

/** How the results change when a person's standing does; rows that stay as they are do not appear. */
export const compareStandings = (
  experiment: Experiment,
  before: Standing,
  after: Standing,
): readonly TotalsChange[] => {
  if (before === after) return [];
  const changes = new Map<string, TotalsChange>();
  const add = (row: Contribution, sign: 1 | -1) => {
    const place = `${row.goal} ${row.variant} ${row.day}`;
    changes.set(place, addRow(changes.get(place) ?? emptyRow(experiment.key, row), row, sign));
  };
  for (const row of contribution(experiment, before)) add(row, -1);
  for (const row of contribution(experiment, after)) add(row, 1);
  return [...changes.values()].filter((c) => c.exposed || c.converted || c.sumMicros || c.squares);
};

/** Day of the first exposure, UTC, YYYY-MM-DD. */
export const exposureDay = (subject: Subject): string =>
  new Date(subject.firstExposedAt).toISOString().slice(0, 10);

const emptyRow = (experiment: string, { variant, goal, day }: Contribution): TotalsChange => ({
  experiment,
  variant,
  goal,
  day,
  exposed: 0,
  converted: 0,
  sumMicros: 0n,
  squares: 0n,
});

const addRow = (total: TotalsChange, row: Contribution, sign: 1 | -1): TotalsChange => ({
  ...total,
  exposed: total.exposed + sign * row.exposed,
  converted: total.converted + sign * row.converted,
  sumMicros: total.sumMicros + BigInt(sign) * row.sumMicros,
  squares: total.squares + BigInt(sign) * row.squares,
});
