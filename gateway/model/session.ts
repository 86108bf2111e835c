/** The part of an event that decides which session it belongs to. */
export interface SessionEvent {
  readonly id: string;
  /** event time, ms */
  readonly at: number;
  readonly sequence: number;
  readonly name: string;
  readonly userId: string | null;
  readonly campaign: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly referrer: string | null;
  readonly page: string | null;
}

export type SplitCause = "idle" | "campaign" | "user" | "max_hours" | "max_events";

/** One visit: an interval of a person's event time. */
export interface Session {
  /** id of its first event, so that any order of arrival gives the same */
  readonly id: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly lastSequence: number;
  readonly lastId: string;
  readonly events: number;
  readonly pageViews: number;
  readonly entryPage: string | null;
  readonly exitPage: string | null;
  readonly source: string | null;
  readonly medium: string | null;
  readonly campaign: string | null;
  readonly lastCampaign: string | null;
  readonly lastUserId: string | null;
  readonly referrer: string | null;
  /** why it did not continue the session before; null for a person's first */
  readonly splitCause: SplitCause | null;
}
