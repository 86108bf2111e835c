/** What kind of event it is and what it is called, from what the client said and what it left out. */
import type { EventType } from "../../model/event.ts";
import { type Notes, note } from "./notes.ts";

export interface Claims {
  readonly type: string | undefined;
  readonly name: string | undefined;
  /** `content`, which names an event that has no name */
  readonly content: string | undefined;
  readonly outcome: string | undefined;
  readonly category: string | undefined;
  readonly hasPage: boolean;
}

export interface Kind {
  readonly type: EventType;
  readonly name: string;
}

/** `trusted`: the site's own server says so, which may claim what only we write for others. */
export const classify = (claims: Claims, trusted: boolean, notes: Notes): Kind => {
  const type = typeOf(claims.type, trusted, notes) ?? deriveType(claims);
  return { type, name: claims.name ?? claims.content ?? defaultName(type, claims) };
};

/** True for what no client means as the type of an event: it stays a property. */
export const isUnknownType = (type: string): boolean => !publicTypes.has(type) && !ownTypes.has(type);

const publicTypes: ReadonlySet<string> = new Set<EventType>([
  "page",
  "track",
  "outcome",
  "identify",
  "screen",
  "group",
  "alias",
]);

const ownTypes: ReadonlySet<string> = new Set<EventType>(["exposure", "log", "payment", "link"]);

const pageNames: ReadonlySet<string> = new Set(["page_view", "page_opened", "load"]);

const typeOf = (claimed: string | undefined, trusted: boolean, notes: Notes): EventType | undefined => {
  if (claimed === undefined) return undefined;
  if (publicTypes.has(claimed) || (trusted && ownTypes.has(claimed))) return claimed as EventType; // just looked up
  if (!ownTypes.has(claimed)) {
    note(notes, "type", `expected one of ${[...publicTypes].join(", ")}`);
    return undefined;
  }
  note(notes, "type", `${claimed} needs the site's write key: stored as track`);
  return "track";
};

const deriveType = (claims: Claims): EventType => {
  if (claims.outcome !== undefined) return "outcome";
  const name = claims.name ?? claims.content;
  if (name !== undefined) return pageNames.has(name) || claims.category === "page" ? "page" : "track";
  if (claims.category === "page") return "page";
  return claims.hasPage && claims.category === undefined ? "page" : "track";
};

const defaultName = (type: EventType, claims: Claims): string => {
  if (type === "page") return "page_view";
  if (type === "outcome") return claims.outcome ?? "outcome";
  return type === "track" ? "event" : type;
};
