/**
 * Which events belong to one visit. Sessions are intervals of a person's event time, so the order in
 * which events arrive never matters. Pure: the store brings the events, and writes what comes out.
 */
import type { Session, SessionEvent, SplitCause } from "../model/session.ts";
import type { SessionRules } from "../model/site.ts";

/**
 * Orders a person's events: by time, then the client's own count, then id. Ids compare by code unit, as
 * SQLite's BINARY collation does for the ASCII of a UUID.
 */
export const compareEvents = (a: SessionEvent, b: SessionEvent): number =>
  compareKeys(a.at, a.sequence, a.id, b.at, b.sequence, b.id);

/** Cuts a person's events, sorted by `compareEvents` and without duplicates, into sessions. */
export const splitSessions = (events: readonly SessionEvent[], rules: SessionRules): Session[] => {
  const sessions: Session[] = [];
  let current: Session | null = null;
  for (const event of events) {
    const longer: Session | null = current && extendSession(current, event, rules);
    if (longer) sessions[sessions.length - 1] = longer;
    else sessions.push(startSession(event, current && splitCause(current, event, rules)));
    current = sessions.at(-1) ?? null;
  }
  return sessions;
};

/** The event lies after everything in the session, so that the fast path may be taken. */
export const sortsAfter = (session: Session, event: SessionEvent): boolean =>
  compareKeys(event.at, event.sequence, event.id, session.endedAt, session.lastSequence, session.lastId) > 0;

/** The session with an event that sorts after it, or null when the event must start a new one. */
export const extendSession = (session: Session, event: SessionEvent, rules: SessionRules): Session | null =>
  splitCause(session, event, rules) === null ? addEvent(session, event) : null;

/** A session that begins with this event; `cause` says why it did not continue the one before. */
export const startSession = (event: SessionEvent, cause: SplitCause | null): Session => {
  const page = viewedPage(event);
  return {
    id: event.id,
    startedAt: event.at,
    endedAt: event.at,
    lastSequence: event.sequence,
    lastId: event.id,
    events: 1,
    pageViews: isPageView(event) ? 1 : 0,
    entryPage: page,
    exitPage: page,
    source: event.source,
    medium: event.medium,
    campaign: event.campaign,
    lastCampaign: event.campaign,
    lastUserId: event.userId,
    referrer: event.referrer,
    splitCause: cause,
  };
};

/** Why an event that sorts after the session cannot belong to it; null when it can. The first rule wins. */
export const splitCause = (session: Session, event: SessionEvent, rules: SessionRules): SplitCause | null => {
  if (event.at - session.endedAt > rules.idleMinutes * 60_000) return "idle";
  if (event.at >= session.startedAt + rules.maxHours * 3_600_000) return "max_hours";
  if (session.events >= rules.maxEvents) return "max_events";
  if (rules.splitOnUser && hasChanged(session.lastUserId, event.userId)) return "user";
  if (rules.splitOnCampaign && hasChanged(session.lastCampaign, event.campaign)) return "campaign";
  return null;
};

// An event that says nothing changes nothing, and a value learnt in mid-session is no change either.
const hasChanged = (known: string | null, said: string | null): boolean =>
  known !== null && said !== null && known !== said;

const addEvent = (session: Session, event: SessionEvent): Session => {
  const page = viewedPage(event);
  return {
    ...session,
    endedAt: event.at,
    lastSequence: event.sequence,
    lastId: event.id,
    events: session.events + 1,
    pageViews: session.pageViews + (isPageView(event) ? 1 : 0),
    entryPage: session.entryPage ?? page,
    exitPage: page ?? session.exitPage,
    campaign: session.campaign ?? event.campaign,
    lastCampaign: event.campaign ?? session.lastCampaign,
    lastUserId: event.userId ?? session.lastUserId,
  };
};

const isPageView = (event: SessionEvent): boolean => event.name === "page_view";

const viewedPage = (event: SessionEvent): string | null => (isPageView(event) ? event.page : null);

const compareKeys = (
  atA: number,
  sequenceA: number,
  idA: string,
  atB: number,
  sequenceB: number,
  idB: string,
): number => {
  if (atA !== atB) return atA - atB;
  if (sequenceA !== sequenceB) return sequenceA - sequenceB;
  if (idA === idB) return 0;
  return idA < idB ? -1 : 1;
};
