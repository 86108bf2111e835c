import type { Experiment } from "../model/experiment.ts";
import type { Applied, Projection, SubjectTable } from "../model/projection.ts";
import { noStanding, replaySubject } from "./standing.ts";
import { concerns, followEvent, takeOut, writeStanding } from "./stored-standing.ts";

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

  const takeOutAll = (person: number): void => {
    regrouped.delete(person);
    for (const experiment of experiments()) takeOut(subjects, experiment, person);
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
        if (concerns(experiment, event)) followEvent(subjects, experiment, { seq, event, person });
      }
    },
    regroup({ from, to }) {
      for (const person of new Set([...from, ...to])) takeOutAll(person);
      for (const person of to) regrouped.add(person);
    },
    flush() {
      for (const person of regrouped) workOut(person);
      regrouped.clear();
    },
    forget: () => regrouped.clear(),
  };
};
