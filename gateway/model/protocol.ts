import type { Keyed } from "./event.ts";
import type { Hit } from "./hit.ts";

/** A hit, or a part of one, that cannot be read at all. */
export interface Reject {
  readonly reason: string;
  /** the first 500 characters of what could not be read */
  readonly sample: string;
}

export interface Decoded {
  readonly events: readonly Keyed[];
  readonly rejects: readonly Reject[];
}

/** A tracking protocol we can read. Never throws: what cannot be read comes back as a reject. */
export interface Protocol {
  readonly id: string;
  decode(hit: Hit): Decoded;
}
