/** What every measurement takes on its command line. */
export interface BenchOptions {
  /** of one measurement */
  readonly seconds: number;
  /** how often each is repeated, in turn with the others */
  readonly rounds: number;
}

export const warmUpSeconds = 2;
export const connections = 64;
export const threads = 2;

/** The middle of several figures. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
