import type { Event } from "../model/event.ts";
import type { Experiment } from "../model/experiment.ts";
import type { Applied, Projection, Regrouped, SubjectTable } from "../model/projection.ts";
import { joinKept, type KeptStanding } from "./kept-standing.ts";
import { noStanding, replaySubject } from "./standing.ts";
import { concerns, followEvent, readStanding, takeOut, writeStanding } from "./stored-standing.ts";

/** What stays of people who are joined, and up to which sequence they had counted their events. */
interface Kept extends KeptStanding {
  readonly experiment: string;
  readonly seq: number;
}

/**
 * Keeps the results of all experiments: each event changes the sums by the difference between what its person added
 * before and adds now. Between batches nothing is remembered, the tables are the state. People whose events have changed
 * hands are worked out from all their events at the end of the batch.
 */
export const createExperimentProjection = (
  subjects: SubjectTable,
  experiments: () => readonly Experiment[],
): Projection => {
  const regrouped = new Map<number, readonly Kept[]>();
  let lastSeq = 0;

  /** What these people have of experiments that cannot be worked out of their events any more. */
  const keptOf = (people: readonly number[]): readonly Kept[] =>
    experiments().flatMap((experiment) => {
      const before = subjects.prunedBefore(experiment.site);
      if (before === null) return [];
      const standings = people.flatMap((person) => {
        const { subject, totals } = readStanding(subjects, experiment, person);
        return subject ? [{ experiment: experiment.key, subject, totals, seq: lastSeq }] : [];
      });
      return standings.some(({ subject }) => subject.firstExposedAt < before) ? standings : [];
    });

  const takeOutAll = (person: number): void => {
    regrouped.delete(person);
    for (const experiment of experiments()) takeOut(subjects, experiment, person);
  };

  const workOut = (person: number, kept: readonly Kept[]): void => {
    const all = (upTo: number): readonly Event[] => [
      ...subjects.events(person, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, upTo),
    ];
    const events = all(lastSeq);
    const counted = kept.length === 0 ? [] : all(Math.max(...kept.map(({ seq }) => seq)));
    const ids = new Set(counted.map(({ id }) => id));
    const uncounted = kept.length === 0 ? [] : events.filter(({ id }) => !ids.has(id));
    for (const experiment of experiments()) {
      const theirs = kept.filter((one) => one.experiment === experiment.key);
      const replayed = replaySubject(experiment, events);
      writeStanding(
        subjects,
        experiment,
        person,
        noStanding,
        joinKept(experiment, theirs, replayed, uncounted),
      );
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
    regroup({ from, to }: Regrouped) {
      const people = [...new Set([...from, ...to])];
      const kept = [...people.flatMap((person) => regrouped.get(person) ?? []), ...keptOf(people)];
      for (const person of people) takeOutAll(person);
      // Of somebody who is taken apart nobody can say who of them it was.
      const heir = to.find((person) => from.includes(person)) ?? to[0];
      for (const person of to) regrouped.set(person, person === heir ? kept : []);
    },
    flush() {
      for (const [person, kept] of regrouped) workOut(person, kept);
      regrouped.clear();
    },
    forget: () => regrouped.clear(),
  };
};
