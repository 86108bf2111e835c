/**
 * How the projections follow the journal. While the writer has time, in small steps, so that no append waits long behind
 * one; under load in large ones, because a page of a table then serves more rows.
 */
export interface Pace {
  /** The writer worked for so long, ms. */
  worked(ms: number): void;
  /** rows of one step, and how long rows may wait for it, ms */
  step(): Step;
}

export interface Step {
  readonly rows: number;
  readonly waitMs: number;
}

const calm: Step = { rows: 250, waitMs: 25 };
const loaded: Step = { rows: 4000, waitMs: 400 };
/** Busy for more than this share of a window is load. */
const loadedShare = 0.6;
const windowMs = 250;

export const createPace = (now: () => number): Pace => {
  let step = calm;
  let began = now();
  let busyMs = 0;
  return {
    worked(ms) {
      busyMs += ms;
      const passed = now() - began;
      if (passed < windowMs) return;
      step = busyMs / passed > loadedShare ? loaded : calm;
      began += passed;
      busyMs = 0;
    },
    step: () => step,
  };
};
