import type { Event } from "../model/event.ts";
import type { Experiment } from "../model/experiment.ts";
import type { Applied, Projection, Regrouped, SubjectTable } from "../model/projection.ts";
import { joinKept, type KeptStanding, takeAway } from "./kept-standing.ts";
import { noStanding, replaySubject } from "./standing.ts";
import { concerns, followEvent, readStanding, takeOut, writeStanding } from "./stored-standing.ts";

/** Somebody whose events have changed hands in this batch, until he is worked out. */
interface Regrouping {
  /** what stays of those he is made of, where events of theirs were pruned */
  readonly kept: readonly (KeptStanding & { readonly experiment: string })[];
  /** his events since */
  readonly uncounted: Event[];
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
  const regrouped = new Map<number, Regrouping>();

  const eventsOf = (person: number): readonly Event[] => [
    ...subjects.events(person, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  ];

  /**
   * What these people have of experiments that cannot be worked out of their events any more; without what is of those who
   * leave them.
   */
  const keptOf = (people: readonly number[], leaving: readonly number[]): Regrouping["kept"] =>
    experiments().flatMap((experiment) => {
      const before = subjects.prunedBefore(experiment.site);
      if (before === null) return [];
      const standings = people.flatMap((person) => {
        const { subject, totals } = readStanding(subjects, experiment, person);
        return subject ? [{ experiment: experiment.key, subject, totals }] : [];
      });
      if (!standings.some(({ subject }) => subject.firstExposedAt < before)) return [];
      const gone = leaving.map(eventsOf);
      return standings.map((one) => ({ ...one, totals: takeAway(experiment, one, gone) }));
    });

  const workOut = (person: number, { kept, uncounted }: Regrouping): void => {
    const events = eventsOf(person);
    for (const experiment of experiments()) {
      const theirs = kept.filter((one) => one.experiment === experiment.key);
      const replayed = replaySubject(experiment, events);
      const standing = joinKept(experiment, theirs, replayed, uncounted);
      writeStanding(subjects, experiment, person, noStanding, standing);
    }
  };

  return {
    id: "experiments",
    apply({ seq, event, person }: Applied) {
      if (person === null) return;
      const waiting = regrouped.get(person);
      if (waiting) return void waiting.uncounted.push(event);
      for (const experiment of experiments()) {
        if (concerns(experiment, event)) followEvent(subjects, experiment, { seq, event, person });
      }
    },
    // Where events were pruned, whoever changes hands twice in a batch is worked out in between: what stays of people must
    // have all that they did before they come together.
    settle(people) {
      if (experiments().every(({ site }) => subjects.prunedBefore(site) === null)) return;
      for (const person of people) {
        const waiting = regrouped.get(person);
        if (waiting) workOut(person, waiting);
        regrouped.delete(person);
      }
    },
    regroup({ from, to }: Regrouped) {
      const people = [...new Set([...from, ...to])];
      // Of somebody who is taken apart nobody can say who of them did what was pruned.
      const heir = to.find((person) => from.includes(person)) ?? to[0];
      const leaving = to.filter((person) => person !== heir);
      const kept = keptOf(people, leaving);
      for (const person of people) {
        regrouped.delete(person);
        for (const experiment of experiments()) takeOut(subjects, experiment, person);
      }
      for (const person of to) regrouped.set(person, { kept: person === heir ? kept : [], uncounted: [] });
    },
    flush() {
      for (const [person, waiting] of regrouped) workOut(person, waiting);
      regrouped.clear();
    },
    forget: () => regrouped.clear(),
  };
};
