/** When an event happened: the client's word for it within bounds, else the time of receipt. */
import type { Hit } from "../../model/hit.ts";
import { type Notes, note } from "./notes.ts";

const dayMs = 86_400_000;
const pastMs = 7 * dayMs;
/** clocks of phones and servers differ by this much without anything being wrong */
const skewMs = 5000;

export interface When {
  readonly at: number;
  /** what the client said, where it was not used */
  readonly claimed: number | null;
}

/**
 * `claimed` is the client's time of the event, `sent` its time of sending: with both, the client's clock need
 * not be right. Never later than receipt; older than a week only from the site's own server.
 */
export const eventTime = (
  hit: Hit,
  claimed: number | undefined,
  sent: number | undefined,
  notes: Notes,
): When => {
  if (claimed === undefined) return { at: hit.receivedAt, claimed: null };
  const said = sent === undefined ? claimed : hit.receivedAt - (sent - claimed);
  const ahead = said - hit.receivedAt;
  if (sent === undefined && ahead > skewMs) return refuse(hit, claimed, "in the future", notes);
  if (ahead < -pastMs && !hit.trusted) return refuse(hit, claimed, "more than 7 days ago", notes);
  return { at: Math.min(said, hit.receivedAt), claimed: null };
};

/** Whether a time may be part of an event's key: see the promise "exactly once". */
export const isKeyTime = (time: number, receivedAt: number): boolean =>
  time >= receivedAt - pastMs && time <= receivedAt + dayMs;

const refuse = (hit: Hit, claimed: number, why: string, notes: Notes): When => {
  note(notes, "timestamp", `${new Date(claimed).toISOString()} is ${why}: the time of receipt was taken`);
  return { at: hit.receivedAt, claimed };
};
