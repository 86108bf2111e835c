/**
 * Where one person stands in one experiment: the variant seen first, and a total for each goal. Exact
 * arithmetic throughout, so that any order of arrival, and a rebuild, give the same to the last bit.
 */
import type { Event } from "../model/event.ts";
import type { Experiment, Goal } from "../model/experiment.ts";
import type { GoalTotal, Subject } from "../model/projection.ts";
import { matchGoals } from "./match-goals.ts";

export interface Exposure {
  readonly variant: string;
  readonly at: number;
  readonly id: string;
}

/** A person in one experiment: goal key → total. Without a subject there are no totals. */
export interface Standing {
  readonly subject: Subject | null;
  readonly totals: ReadonlyMap<string, GoalTotal>;
}

/** The person's events with fromAt ≤ time < toAt, in any order. */
export type LoadEvents = (fromAt: number, toAt: number) => Iterable<Event>;

export const noStanding: Standing = { subject: null, totals: new Map() };

/** The exposure an event is, or null: of another experiment or site, of no variant we know, or of a bot. */
export const readExposure = (experiment: Experiment, event: Event): Exposure | null => {
  if (event.type !== "exposure" || event.experiment_id !== experiment.key) return null;
  if (event.bot || event.property_id !== experiment.site) return null;
  const variant = experiment.variants.find(({ key }) => key === event.variation_id);
  return variant ? { variant: variant.key, at: event.timestamp_utc, id: event.id } : null;
};

/** The earliest exposure (by time, then id) gives variant and time; a second variant makes `multi`. */
export const foldExposure = (subject: Subject | null, { variant, at, id }: Exposure): Subject => {
  if (!subject) return { variant, firstExposedAt: at, firstId: id, multi: false };
  const multi = subject.multi || subject.variant !== variant;
  const isEarlier = at < subject.firstExposedAt || (at === subject.firstExposedAt && id < subject.firstId);
  if (isEarlier) return { variant, firstExposedAt: at, firstId: id, multi };
  return multi === subject.multi ? subject : { ...subject, multi };
};

/** Only what happens from the first exposure until the goal's window closes counts. */
export const isInWindow = (subject: Subject, goal: Goal, at: number): boolean =>
  at >= subject.firstExposedAt && at < windowEnd(subject, goal);

/**
 * A person's standing after one more event. When the first exposure is new or moves, the totals are summed
 * up again from `loadEvents`, which must yield exactly the events applied so far, this one included: one
 * that is yet to be applied would count twice.
 */
export const applyEvent = (
  experiment: Experiment,
  standing: Standing,
  event: Event,
  loadEvents: LoadEvents,
): Standing => {
  const exposure = readExposure(experiment, event);
  const subject = exposure ? foldExposure(standing.subject, exposure) : standing.subject;
  if (!subject) return standing;
  if (subject.firstExposedAt !== standing.subject?.firstExposedAt) {
    const toAt = Math.max(...experiment.goals.map((goal) => windowEnd(subject, goal)));
    return {
      subject,
      totals: addGoals(experiment, subject, new Map(), loadEvents(subject.firstExposedAt, toAt)),
    };
  }
  const totals = addGoals(experiment, subject, standing.totals, [event]);
  return subject === standing.subject && totals === standing.totals ? standing : { subject, totals };
};

/** A person's standing worked out from all events at once: what `applyEvent` must agree with. */
export const replaySubject = (experiment: Experiment, events: readonly Event[]): Standing => {
  let subject: Subject | null = null;
  for (const event of events) {
    const exposure = readExposure(experiment, event);
    if (exposure) subject = foldExposure(subject, exposure);
  }
  return subject ? { subject, totals: addGoals(experiment, subject, new Map(), events) } : noStanding;
};

export const noTotal: GoalTotal = { n: 0, sumMicros: 0n };

const windowEnd = (subject: Subject, goal: Goal): number =>
  subject.firstExposedAt + goal.windowHours * 3_600_000;

const addGoals = (
  experiment: Experiment,
  subject: Subject,
  totals: ReadonlyMap<string, GoalTotal>,
  events: Iterable<Event>,
): ReadonlyMap<string, GoalTotal> => {
  const matches: { readonly key: string; readonly micros: number }[] = [];
  for (const event of events) {
    for (const { goal, micros } of matchGoals(experiment, event)) {
      if (isInWindow(subject, goal, event.timestamp_utc)) matches.push({ key: goal.key, micros });
    }
  }
  if (matches.length === 0) return totals;
  const sums = new Map(totals);
  for (const { key, micros } of matches) sums.set(key, addMicros(sums.get(key) ?? noTotal, micros));
  return sums;
};

// Sums wrap at the 64 bits of SQLite's integers: a hostile visitor who sends the largest amount thousands
// of times gets a wrong sum, the same one in any order, and never an error.
const addMicros = (total: GoalTotal, micros: number): GoalTotal => ({
  n: total.n + 1,
  sumMicros: BigInt.asIntN(64, total.sumMicros + BigInt(micros)),
});
