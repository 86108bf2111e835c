/**
 * Standings of people who are joined or taken apart when events of some were pruned: they cannot be worked out anew. What
 * was known of the earliest of them stays, and that of others who first saw a variant in his time is added.
 */
import type { Event } from "../model/event.ts";
import type { Experiment, Goal } from "../model/experiment.ts";
import type { GoalTotal, Subject } from "../model/projection.ts";
import { applyEvent, foldExposure, isInWindow, noTotal, type Standing } from "./standing.ts";

/** A standing that has a subject. */
export interface KeptStanding {
  readonly subject: Subject;
  readonly totals: Standing["totals"];
}

/**
 * What these make together, at least one, with `replayed`, worked out of the events that are there, and with events that
 * none of them has counted yet.
 */
export const joinKept = (
  experiment: Experiment,
  kept: readonly KeptStanding[],
  replayed: Standing,
  uncounted: readonly Event[],
): Standing => {
  const [first, ...others] = kept.toSorted((a, b) => a.subject.firstExposedAt - b.subject.firstExposedAt);
  if (!first) return replayed;
  const subjects = [...others, replayed].flatMap(({ subject }) => (subject ? [subject] : []));
  const joined = { ...first, subject: subjects.reduce(foldSubject, first.subject) };
  const totals = new Map(first.totals);
  for (const goal of experiment.goals) {
    const sums = others.filter(({ subject }) => isInWindow(joined.subject, goal, subject.firstExposedAt));
    const total = sums.reduce((sum, other) => add(sum, other, goal), totals.get(goal.key) ?? noTotal);
    if (total.n > 0) totals.set(goal.key, total);
  }
  return uncounted.reduce<Standing>((standing, event) => applyEvent(experiment, standing, event, () => []), {
    ...joined,
    totals,
  });
};

const foldSubject = (subject: Subject, other: Subject): Subject => {
  const { variant, firstExposedAt: at, firstId: id } = other;
  const folded = foldExposure(subject, { variant, at, id });
  return other.multi ? { ...folded, multi: true } : folded;
};

const add = (total: GoalTotal, { totals }: KeptStanding, { key }: Goal): GoalTotal => {
  const { n, sumMicros } = totals.get(key) ?? noTotal;
  return { n: total.n + n, sumMicros: BigInt.asIntN(64, total.sumMicros + sumMicros) };
};
