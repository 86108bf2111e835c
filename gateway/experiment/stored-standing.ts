/** A person's standing as the tables hold it. */
import type { Experiment } from "../model/experiment.ts";
import type { GoalTotal, SubjectTable } from "../model/projection.ts";
import { compareStandings } from "./contribution.ts";
import { noStanding, noTotal, type Standing } from "./standing.ts";

export const readStanding = (subjects: SubjectTable, experiment: Experiment, person: number): Standing => {
  const subject = subjects.subject(experiment.key, person);
  if (!subject) return noStanding;
  const totals = new Map<string, GoalTotal>();
  for (const { key } of experiment.goals) {
    const total = subjects.goal(experiment.key, person, key);
    if (total) totals.set(key, total);
  }
  return { subject, totals };
};

/** Writes what differs, and changes the sums by it. */
export const writeStanding = (
  subjects: SubjectTable,
  experiment: Experiment,
  person: number,
  before: Standing,
  after: Standing,
): void => {
  if (before === after || !after.subject) return;
  if (after.subject !== before.subject) subjects.putSubject(experiment.key, person, after.subject);
  for (const { key } of experiment.goals) {
    const was = before.totals.get(key);
    const is = after.totals.get(key) ?? noTotal;
    if (was?.n !== is.n || was?.sumMicros !== is.sumMicros) {
      if (was !== undefined || is.n > 0) subjects.putGoal(experiment.key, person, key, is);
    }
  }
  for (const change of compareStandings(experiment, before, after)) subjects.change(change);
};
