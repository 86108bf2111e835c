/** An experiment as defined in settings, every default filled in. */
export interface Experiment {
  readonly key: string;
  readonly hypothesis: string;
  readonly status: "draft" | "running" | "stopped";
  /** the site it runs on */
  readonly site: string;
  readonly variants: readonly Variant[];
  /** share of visitors who take part, 0…1 */
  readonly coverage: number;
  /** URL path prefixes on which it runs; empty: every document */
  readonly paths: readonly string[];
  readonly goals: readonly Goal[];
}

export interface Variant {
  readonly key: string;
  /** relative share; the weights of an experiment are scaled to sum to 1 */
  readonly weight: number;
  /** what the cookie `params` carries for the page while this variant is in force */
  readonly params: Readonly<Record<string, string | number | boolean>>;
}

/** Something we count as success of a person who saw the experiment. */
export interface Goal {
  readonly key: string;
  /** name of the event that counts */
  readonly event: string;
  /** column or property that holds the amount; null counts only */
  readonly value: string | null;
  /** after first exposure; from 1 */
  readonly windowHours: number;
}

/** A visitor's arm in one experiment. */
export interface Assignment {
  readonly experiment: string;
  readonly variant: string;
  readonly params: Variant["params"];
}
