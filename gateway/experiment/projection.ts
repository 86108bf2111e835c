import type { Experiment } from "../model/experiment.ts";
import type { Applied, Projection, SubjectTable } from "../model/projection.ts";
import { compareStandings } from "./contribution.ts";
import { matchGoals } from "./match-goals.ts";
import { applyEvent, noStanding, readExposure, replaySubject } from "./standing.ts";
import { readStanding, writeStanding } from "./stored-standing.ts";

/**
 * Keeps the results of all experiments: each event changes the sums by the difference between what its person added
 * before and adds now. Between batches nothing is remembered, the tables are the state. People whose events have changed
 * hands are worked out from all their events at the end of the batch.
 */
export const createExperimentProjection = (
  subjects: SubjectTable,
  experiments: () => readonly Experiment[],
): Projection => {
  const regrouped = new Set<number>();
  let lastSeq = 0;

  const takeOut = (person: number): void => {
    regrouped.delete(person);
    for (const experiment of experiments()) {
      const before = readStanding(subjects, experiment, person);
      if (!before.subject) continue;
      for (const change of compareStandings(experiment, before, noStanding)) subjects.change(change);
      subjects.drop(experiment.key, person);
    }
  };

  const workOut = (person: number): void => {
    const events = [...subjects.events(person, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, lastSeq)];
    for (const experiment of experiments()) {
      writeStanding(subjects, experiment, person, noStanding, replaySubject(experiment, events));
    }
  };

  return {
    id: "experiments",
    apply({ seq, event, person }: Applied) {
      lastSeq = seq;
      if (person === null || regrouped.has(person)) return;
      for (const experiment of experiments()) {
        const concerns = readExposure(experiment, event) !== null || matchGoals(experiment, event).length > 0;
        if (!concerns) continue;
        const before = readStanding(subjects, experiment, person);
        const after = applyEvent(experiment, before, event, (fromAt, toAt) =>
          subjects.events(person, fromAt, toAt, seq),
        );
        writeStanding(subjects, experiment, person, before, after);
      }
    },
    regroup({ from, to }) {
      for (const person of new Set([...from, ...to])) takeOut(person);
      for (const person of to) regrouped.add(person);
    },
    flush() {
      for (const person of regrouped) workOut(person);
      regrouped.clear();
    },
    forget: () => regrouped.clear(),
  };
};
