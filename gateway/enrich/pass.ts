import type { Event } from "../model/event.ts";
import type { Hit } from "../model/hit.ts";

/** What a pass may know of the request beside the event; a whole hit fits. */
export interface HitContext extends Pick<Hit, "headers" | "site"> {
  /** the client's address, unmasked; absent: unknown */
  readonly address?: string;
  /** as received, without the `?` */
  readonly query?: string;
  /** absent: nothing was refused */
  readonly privacy?: Hit["privacy"];
  /** the site's own server speaks for its visitors: its headers say nothing about them */
  readonly trusted?: boolean;
}

/** Fills columns of an event from what is already on it and from its request, in place. */
export type Pass = (event: Event, request: HitContext) => void;

/** False where nothing that says who somebody is may be added. */
export const mayIdentify = (request: HitContext): boolean => request.privacy?.tracking !== "none";

/**
 * The site's server speaks for a client and does not say what that runs: the header is there without a value. That is
 * no sign of a machine, as it is in a client's own request, which lacks the header.
 */
export const isUnsaid = ({ headers }: HitContext): boolean =>
  headers["user-agent"] === undefined && "user-agent" in headers;

export const addProblem = (event: Event, field: string, problem: string): void => {
  event.problems = [...(event.problems ?? []), { field, problem }];
};
