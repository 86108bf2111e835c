/** What the process of the lean visitors and the one that started it tell each other. */

export interface LeanOptions {
  readonly url: string;
  readonly perSecond: number;
  /** visitors, with a connection each */
  readonly visitors: number;
}

/** How long answers took, ms, counted from when their questions were due. */
export interface Took {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** What happened since the last report. */
export interface LeanReport {
  readonly answered: number;
  readonly failures: readonly string[];
  readonly acknowledged: readonly string[];
  readonly idleClosed: number;
  /** in the last report alone */
  readonly took: { readonly pages: Took; readonly events: Took } | null;
}
