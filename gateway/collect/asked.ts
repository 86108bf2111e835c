import type { Origin } from "./cors.ts";
import type { Entrance } from "./find-endpoint.ts";
import type { Trust } from "./trust.ts";

/** What has been found out about a request before its body is read. */
export interface Asked {
  readonly entrance: Entrance;
  readonly origin: Origin;
  readonly trust: Trust;
  /** why the site that the page named does not count */
  readonly siteProblem: string | undefined;
  /** headers of the answer so far */
  readonly headers: string[];
}

/** A page of another site sent it, and nothing proves that it may speak for this one. */
export const isForeign = ({ origin, trust }: Asked): boolean => origin === "foreign" && trust === "none";
