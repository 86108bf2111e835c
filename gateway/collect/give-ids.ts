import type { Event, Keyed } from "../model/event.ts";
import { derivedId, hashedId } from "../model/ids.ts";
import type { Visitor } from "../model/visitor.ts";
import { type Asked, isForeign } from "./asked.ts";
import type { CollectRequest } from "./request.ts";

/**
 * A browser of the site that has no visitor yet gets one with this answer: the id its script sent, else a new one.
 * Answers the id to be issued, or null.
 */
export const giveIds = (
  request: CollectRequest,
  { origin, trust }: Asked,
  events: readonly Keyed[],
  visitor: Visitor,
): string | null => {
  if (visitor.id || visitor.privacy.tracking === "none" || events.length === 0) return null;
  if (trust !== "none") return null; // a server is no visitor
  // A script on another host of the site keeps the id itself: our cookie would not reach its pages.
  if (origin === "foreign" || origin === "any" || request.headers["sec-fetch-site"] === "cross-site")
    return null;
  const said = events.find(({ event }) => event.client_id)?.event.client_id;
  const id = said ?? socketVisitor(request) ?? derivedId(request.receivedAt, events[0]?.event.id ?? "");
  for (const { event } of events) event.client_id ??= id;
  return request.isFrame ? null : id;
};

/**
 * Whoever says nobody in the frames of a websocket is one visitor, as long as it is open. Made of the handshake, which a
 * recording of the frames has as well, so that a replay gives the same.
 */
const socketVisitor = ({ site, address, headers }: CollectRequest): string | null => {
  const key = headers["sec-websocket-key"];
  return key === undefined ? null : hashedId(["websocket", site.id, address, key]);
};

/** Events from other sites' pages are kept and marked; they cannot say who somebody is, nor what he consents to. */
export const labelForeign = (event: Event): void => {
  const problems = [
    ...(event.problems ?? []),
    { field: "origin", problem: "sent by a page of another site" },
  ];
  if (event.user_id)
    problems.push({ field: "user_id", problem: "a page of another site cannot identify a visitor" });
  delete event.user_id;
  if (event.cflags !== undefined)
    problems.push({ field: "cflags", problem: "a page of another site cannot consent for a visitor" });
  delete event.cflags;
  // Of nobody, it gets into nobody's history.
  if (event.type === "log" && event.event_category === "agreement") delete event.client_id;
  event.problems = problems;
};

/** The request as far as it may say what a visitor consents to: his no counts from anywhere, his yes from his pages. */
export const withoutForeignConsent = (request: CollectRequest, asked: Asked): CollectRequest => {
  if (!isForeign(asked) || !request.query.includes("tp_consent=")) return request;
  return { ...request, query: request.query.replace(/(^|&)tp_consent=granted(?=&|$)/g, "") };
};
