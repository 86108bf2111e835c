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

/** What a hit is answered with once its events are on disk. */
export interface HitAnswer {
  readonly status: number;
  /** name, value, name, value, …; lower-case names */
  readonly headers: readonly string[];
  readonly body: string | Buffer;
}

/** A public path where a protocol takes hits. */
export interface Endpoint {
  /** exact, or a prefix that ends with `/` and is its own name without it */
  readonly path: string;
  /**
   * `server`: by the site's write key or from an address the site trusts; `key`: by the write key alone;
   * `nobody`: what lies there is no event, and is not taken for one
   */
  readonly from: "anyone" | "server" | "key" | "nobody";
  /** an empty 200 where it is absent */
  readonly answer?: (decoded: Decoded, hit: Hit) => HitAnswer;
}

/** A tracking protocol we can read. Never throws: what cannot be read comes back as a reject. */
export interface Protocol {
  readonly id: string;
  /** where it takes hits; of two that fit, the longer path */
  readonly endpoints: readonly Endpoint[];
  decode(hit: Hit): Decoded;
}
