import type { Experiment } from "../model/experiment.ts";
import type { Applied, GoalTotal, Projection, SubjectTable } from "../model/projection.ts";
import { compareStandings } from "./contribution.ts";
import { matchGoals } from "./match-goals.ts";
import { applyEvent, noStanding, readExposure, type Standing } from "./standing.ts";

/**
 * Keeps the results of all experiments: each event changes the sums by the difference between what its person added
 * before and adds now. Nothing is remembered between events, the tables are the state.
 */
export const createExperimentProjection = (
  subjects: SubjectTable,
  experiments: () => readonly Experiment[],
): Projection => ({
  id: "experiments",
  apply({ seq, event, person }: Applied) {
    if (person === null) return;
    for (const experiment of experiments()) {
      const concerns = readExposure(experiment, event) !== null || matchGoals(experiment, event).length > 0;
      if (!concerns) continue;
      const before = read(subjects, experiment, person);
      const after = applyEvent(experiment, before, event, (fromAt, toAt) =>
        subjects.events(person, fromAt, toAt, seq),
      );
      write(subjects, experiment, person, before, after);
    }
  },
  flush() {},
  forget() {},
});

const read = (subjects: SubjectTable, experiment: Experiment, person: number): Standing => {
  const subject = subjects.subject(experiment.key, person);
  if (!subject) return noStanding;
  const totals = new Map<string, GoalTotal>();
  for (const { key } of experiment.goals) {
    const total = subjects.goal(experiment.key, person, key);
    if (total) totals.set(key, total);
  }
  return { subject, totals };
};

const write = (
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
    const is = after.totals.get(key) ?? nothing;
    if (was?.n !== is.n || was?.sumMicros !== is.sumMicros) {
      if (was !== undefined || is.n > 0) subjects.putGoal(experiment.key, person, key, is);
    }
  }
  for (const change of compareStandings(experiment, before, after)) subjects.change(change);
};

const nothing: GoalTotal = { n: 0, sumMicros: 0n };
