import type { Origin } from "./cors.ts";
import type { Entrance } from "./find-endpoint.ts";
import type { Trust } from "./trust.ts";

/** What has been found out about a request before its body is read. */
export interface Asked {
  readonly entrance: Entrance;
  readonly origin: Origin;
  readonly trust: Trust;
  /** headers of the answer so far */
  readonly headers: string[];
}
