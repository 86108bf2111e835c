/**
 * Standings of people who are joined or taken apart when events of some were pruned: they cannot be worked out anew. What
 * was known of the earliest of them stays, and that of others who first saw a variant in his time is added.
 */
import type { Event } from "../model/event.ts";
import type { Experiment, Goal } from "../model/experiment.ts";
import type { GoalTotal, Subject } from "../model/projection.ts";
import { matchGoals } from "./match-goals.ts";
import { applyEvent, foldExposure, isInWindow, noTotal, replaySubject, type Standing } from "./standing.ts";

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

/**
 * Totals without what people who leave have done: the events of each. What counts for him from now on counted here if it
 * was in the window; the rest may never have counted.
 */
export const takeAway = (
  experiment: Experiment,
  { subject, totals }: KeptStanding,
  leaving: readonly (readonly Event[])[],
): KeptStanding["totals"] => {
  const left = new Map(totals);
  for (const events of leaving) {
    const { subject: own } = replaySubject(experiment, events);
    for (const event of own ? events : []) {
      for (const { goal, micros } of matchGoals(experiment, event)) {
        const total = left.get(goal.key);
        const at = event.timestamp_utc;
        if (!own || !total || !isInWindow(own, goal, at) || !isInWindow(subject, goal, at)) continue;
        const sumMicros = BigInt.asIntN(64, total.sumMicros - BigInt(micros));
        if (total.n > 1) left.set(goal.key, { n: total.n - 1, sumMicros });
        else left.delete(goal.key);
      }
    }
  }
  return left;
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
