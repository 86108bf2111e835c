/** What is known when somebody reads the metrics. */
import type { ProcessFigures } from "./process-figures.ts";
import type { Counts } from "./tally.ts";

/** One upstream of a route. */
export interface UpstreamFigures {
  readonly route: string;
  readonly upstream: string;
  readonly isUp: boolean;
  readonly answers: number;
  readonly failures: number;
  /** between sending a request and the head of its answer, of all answers together */
  readonly seconds: number;
}

export interface SinkFigures {
  readonly id: string;
  readonly lagEvents: number;
  readonly lagSeconds: number;
  readonly failing: boolean;
  readonly failures: number;
  readonly handedOut: number;
  readonly missed: number;
}

export interface CertificateFigures {
  readonly host: string;
  /** ms since 1970 */
  readonly notAfter: number | null;
  readonly failures: number;
}

/** All that is asked for when somebody reads the metrics. */
export interface Figures {
  readonly now: number;
  readonly version: string;
  readonly counts: Counts;
  readonly processes: Readonly<Record<string, ProcessFigures>>;
  readonly upstreams: readonly UpstreamFigures[];
  readonly sinks: readonly SinkFigures[];
  readonly certificates: readonly CertificateFigures[];
  readonly pendingEvents: number;
  readonly isStoring: boolean;
  readonly commits: number;
  readonly commitSeconds: number;
  /** events that are stored, and not yet in the projections */
  readonly projectionLag: number | null;
  /** of the data folder's disk; null where nobody knows */
  readonly diskFreeBytes: number | null;
  readonly accessLogDropped: number;
}
