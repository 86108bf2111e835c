/** A person's standing as the tables hold it. */

import type { Event } from "../model/event.ts";
import type { Experiment } from "../model/experiment.ts";
import type { Applied, GoalTotal, SubjectTable } from "../model/projection.ts";
import { compareStandings } from "./contribution.ts";
import { matchGoals } from "./match-goals.ts";
import { applyEvent, noStanding, noTotal, readExposure, type Standing } from "./standing.ts";

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

/** Whether the event is an exposure of the experiment, or counts for a goal of it. */
export const concerns = (experiment: Experiment, event: Event): boolean =>
  readExposure(experiment, event) !== null || matchGoals(experiment, event).length > 0;

/** Brings an event into the standing of its person, behind all that came before it. */
export const followEvent = (
  subjects: SubjectTable,
  experiment: Experiment,
  { seq, event, person }: Applied & { readonly person: number },
): void => {
  const before = readStanding(subjects, experiment, person);
  const after = applyEvent(experiment, before, event, (fromAt, toAt) =>
    subjects.events(person, fromAt, toAt, seq),
  );
  writeStanding(subjects, experiment, person, before, after);
};

/** Takes a person out, with what he added to the sums. */
export const takeOut = (subjects: SubjectTable, experiment: Experiment, person: number): void => {
  const before = readStanding(subjects, experiment, person);
  if (!before.subject) return;
  for (const change of compareStandings(experiment, before, noStanding)) subjects.change(change);
  subjects.drop(experiment.key, person);
};
