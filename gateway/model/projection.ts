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
  /** Events of these people are about to change hands: their rows must be as the events so far make them. */
  settle?(people: readonly number[]): void;
  /** They have; what is worked out of them is to be worked out again, at the end of the batch at the latest. */
  regroup?(change: Regrouped): void;
}

/**
 * Works results out again beside those that are shown: all stored events up to one in two passes over them, each in any
 * order, then those that came after, in theirs.
 */
export interface Rebuild {
  /** whether anything follows from this event */
  concerns(event: Event): boolean;
  /** first pass */
  expose(event: Event, person: number, isKept: IsKept): void;
  /** second pass */
  count(event: Event, person: number, isKept: IsKept): void;
  /** what came after those */
  follow(applied: Applied & { readonly person: number }, isKept: IsKept): void;
  /** Takes out what there is of a person so far. */
  takeOut(person: number): void;
  /** Has what is shown of a person, and that alone; in one experiment, or in all. */
  takeOver(person: number, experiment?: string): void;
}

/** Whether the person at hand is left out of an experiment: what is shown of him there is taken over at the end. */
export type IsKept = (experiment: string) => boolean;

/** Visitors were joined to one person, or taken apart; bots never are. */
export interface Regrouped {
  readonly site: string;
  /** people whose events went to others, all or some */
  readonly from: readonly number[];
  /** people who have them now */
  readonly to: readonly number[];
  /** before this event time each had what he has now */
  readonly since: number;
}

/** A visitor of a site as the graph of identities knows him. */
export interface VisitorNode {
  /** the visitor's own number */
  readonly no: number;
  readonly site: number;
  /**
   * What was last learnt of him, so that the same is not looked up with every event. A list, because many visitors are
   * remembered, most with one claim or none: a Map each was 300 bytes.
   */
  known: KnownClaim | null;
}

export interface KnownClaim {
  readonly claim: string;
  /** time of the earliest event that makes it */
  readonly since: number;
  readonly next: KnownClaim | null;
}

/** Something that several visitors may have in common: a user's id, or a stamp of a day. */
export type IdentityKind = "user" | "stamp";

/** A visitor's claim to an identity, kept whether it joins or not. */
export interface IdentityLink {
  readonly identity: number;
  readonly visitor: number;
  /** time of the earliest event that claims it */
  readonly since: number;
  /** the ids of the visitor and of what is claimed: they put claims of one moment in order, whichever came first */
  readonly clientId: string;
  readonly claimed: string;
  /** the site's server, or a signature that was checked, says so */
  readonly verified: boolean;
  /** taken back by the site: joins no more */
  readonly undone: boolean;
  readonly applied: boolean;
}

export interface IdentityTable {
  /** the visitor with this id, a new one if need be; people, not bots */
  visitor(site: number, clientId: string): VisitorNode;
  identity(site: number, kind: IdentityKind, id: string): number;
  claim(identity: number, visitor: number): IdentityLink | null;
  /** claims to an identity that nobody vouches for, and that were not taken back */
  openClaims(identity: number): readonly IdentityLink[];
  /** how many these are, and when the latest was first made */
  sumOpen(identity: number): { readonly count: number; readonly last: number };
  /** a visitor's claims to identities of a kind */
  claimsOf(visitor: number, kind: IdentityKind): readonly IdentityLink[];
  /** identities that join this visitor to others */
  joining(visitor: number): readonly number[];
  /** the visitors that an identity joins, at most so many */
  joined(identity: number, limit: number): readonly number[];
  put(link: IdentityLink): void;
  remove(link: IdentityLink): void;
  person(visitor: number): number;
  /** the visitors of a person */
  members(person: number): readonly number[];
  /** Makes these visitors one person; their events follow. */
  join(people: readonly number[]): void;
  /** Parts a person into these groups of visitors. */
  part(person: number, groups: readonly (readonly number[])[]): void;
}

/** Reads what an event says of who somebody is, before the event is counted for anyone. */
export type Joiner = (event: Event, visitor: VisitorNode) => void;

/** Where a visitor was first sent from by another. */
export interface Referral {
  readonly at: number;
  /** event id, orders equal times */
  readonly id: string;
  readonly ref: string | null;
  readonly rcode: string | null;
  readonly aff: string | null;
}

export interface ReferralTable {
  /** number of the event's own visitor, whatever person he belongs to; null where there is none */
  visitor(event: Event): number | null;
  list(visitor: number): readonly Referral[];
  put(visitor: number, referral: Referral): void;
  remove(visitor: number, referral: Referral): void;
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
  /** Takes out the person's standing with all its goals. */
  drop(experiment: string, person: number): void;
  /** the person's stored events with fromAt ≤ event time < toAt and a sequence of at most `upToSeq` */
  events(person: number, fromAt: number, toAt: number, upToSeq: number): Iterable<Event>;
  /** Events of the site before this time were pruned, ms; null where none were. */
  prunedBefore(site: string): number | null;
  change(change: TotalsChange): void;
}

/** Running numbers for the live page. */
export interface CounterTable {
  add(site: string, counter: string, n: number): void;
}
