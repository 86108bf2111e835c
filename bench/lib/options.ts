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

/** The middle of several figures; of an even number, half way between the two in the middle. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number) => sorted[place] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
};
