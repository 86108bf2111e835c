import type { SessionEvent } from "../model/session.ts";
import { compareEvents } from "./split-sessions.ts";

/** Puts events that come in order of time alone into the order of `compareEvents`, reading one ahead. */
export function* inOrder(events: Iterable<SessionEvent>): Generator<SessionEvent> {
  let same: SessionEvent[] = [];
  for (const event of events) {
    if (same[0] && same[0].at !== event.at) {
      yield* same.sort(compareEvents);
      same = [];
    }
    same.push(event);
  }
  yield* same.sort(compareEvents);
}
