/**
 * What follows the journal. A projection keeps tables that can be worked out again from the stored events; it is
 * pure over the tables handed to it, and its rows commit together with the events they come from.
 */
import type { Event } from "./event.ts";
import type { Session } from "./session.ts";

/** A stored event on its way through the projections, in order of the journal. */
export interface Applied {
  readonly seq: number;
  readonly event: Event;
  /** number of the person; null where the event has no visitor, or makes none (type log) */
  readonly person: number | null;
}

export interface Projection {
  readonly id: string;
  apply(applied: Applied): void;
  /** End of a batch, before the commit. */
  flush(): void;
  /** The transaction was rolled back: whatever is remembered may be wrong. */
  forget(): void;
}

export interface SessionTable {
  /** the person's latest session */
  last(person: number): Session | null;
  /** all of the person's sessions, ascending */
  list(person: number): readonly Session[];
  /** Writes the person's latest session, new or extended. */
  put(person: number, site: string, session: Session): void;
  /** Takes sessions out and puts others in, anywhere in the person's history. */
  replace(person: number, site: string, gone: readonly Session[], come: readonly Session[]): void;
  /** the person's stored events from this time on, in order of time alone */
  events(person: number, fromAt: number): Iterable<Event>;
}

/** A person's standing in one experiment. */
export interface Subject {
  readonly variant: string;
  readonly firstExposedAt: number;
  /** event id of the first exposure, orders equal times */
  readonly firstId: string;
  /** two different variants were seen: taken out of the results */
  readonly multi: boolean;
}

/** A person's total for one goal, amounts in millionths. */
export interface GoalTotal {
  readonly n: number;
  readonly sumMicros: bigint;
}

/** How the results of one experiment, variant, goal and day of first exposure change. */
export interface TotalsChange {
  readonly experiment: string;
  readonly variant: string;
  readonly goal: string;
  /** YYYY-MM-DD, UTC */
  readonly day: string;
  readonly exposed: number;
  readonly converted: number;
  readonly sumMicros: bigint;
  /** change of the sum of squares of people's totals, in millionths squared */
  readonly squares: bigint;
}

export interface SubjectTable {
  subject(experiment: string, person: number): Subject | null;
  putSubject(experiment: string, person: number, subject: Subject): void;
  goal(experiment: string, person: number, goal: string): GoalTotal | null;
  putGoal(experiment: string, person: number, goal: string, total: GoalTotal): void;
  /** the person's stored events with fromAt ≤ event time < toAt and a sequence of at most `upToSeq` */
  events(person: number, fromAt: number, toAt: number, upToSeq: number): Iterable<Event>;
  change(change: TotalsChange): void;
}

/** Running numbers for the live page. */
export interface CounterTable {
  add(site: string, counter: string, n: number): void;
}
